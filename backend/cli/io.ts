/** What a command gets from its surroundings, and how it speaks: results on stdout, the rest on stderr. */
import { RemoteError } from '../client/remoteError.ts';
import { PilotError } from '../protocol/errors.ts';

export interface Io {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: NodeJS.ProcessEnv;
  /** The JavaScript runtime and the bundle to start a backend with. */
  readonly runtime: string;
  readonly entry: string;
  /** Aborted by Ctrl+C: a command ends its request and returns. */
  readonly interrupted: AbortSignal;
}

/** Exit codes of every command. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** One line of JSON with --json, else the text. */
export function printResult(io: Io, json: boolean, value: unknown, text: string): void {
  io.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}

/** For people: never on stdout, which may be read by a program. */
export function note(io: Io, message: string): void {
  io.stderr.write(`${message}\n`);
}

/** Sentence and remedy on stderr; with --json one object with code, name, message and remedy. */
export function printError(io: Io, json: boolean, error: unknown): void {
  const { code, message, data } = describeError(error);
  io.stderr.write(
    json
      ? `${JSON.stringify({ error: { code, name: data.name, message, remedy: data.remedy } })}\n`
      : `tpu-pilot: ${message}\n${data.remedy}\n`,
  );
}

/** Any error as a row of the error table; an unexpected one keeps its own text, for this is its owner. */
export function describeError(error: unknown): Pick<RemoteError, 'code' | 'message' | 'data'> {
  if (error instanceof PilotError || error instanceof RemoteError) {
    return { code: error.code, message: error.message, data: error.data };
  }
  const { code, data } = new PilotError('internalError');
  return { code, message: error instanceof Error ? error.message : String(error), data };
}
