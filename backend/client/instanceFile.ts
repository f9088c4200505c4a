/** `backend.json` in the home folder: how clients on this machine find the running backend. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { ErrorData } from '../protocol/errors.ts';
import { homePaths } from './home.ts';

export const Instance = z.object({
  pid: z.number().int().positive(),
  /** Websocket address, `ws://` or `wss://`. */
  url: z.string(),
  /** Address of the health and metrics pages. */
  http: z.string(),
  tokenFile: z.string(),
  /** The certificate to trust, when `url` is `wss://`. */
  certFile: z.string().optional(),
  version: z.string(),
  protocolVersion: z.number().int(),
  /** ISO 8601. */
  startedAt: z.string(),
});
export type Instance = z.infer<typeof Instance>;

/** Printed on stdout, as one line, once the models named have been loaded or have failed. */
export const ReadyLine = Instance.pick({
  pid: true,
  url: true,
  http: true,
  tokenFile: true,
  certFile: true,
}).extend({ event: z.literal('ready') });
export type ReadyLine = z.infer<typeof ReadyLine>;

/** Printed on stdout, as one line, by a backend that cannot start. */
export const FailedLine = z.object({
  event: z.literal('failed'),
  code: z.number().int(),
  message: z.string(),
  data: ErrorData,
});
export type FailedLine = z.infer<typeof FailedLine>;

/**
 * The backend of that home, or undefined when none runs: no file, an unreadable one, or one whose
 * process has ended.
 */
export async function readInstance(home: string): Promise<Instance | undefined> {
  let text;
  try {
    text = await readFile(homePaths(home).instance, 'utf8');
  } catch {
    return undefined;
  }
  const parsed = Instance.safeParse(parseJson(text));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : undefined;
}

/** True while a process of that id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
