/** What was chosen for the toolchain, and when all of it was last seen to work. */
import { readFile } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import { diskError } from '../models/disk.ts';

/** Decides what the environment is made of; another choice needs another environment. */
const ToolchainChoice = z.object({
  python: z.string().optional(),
  torchIndex: z.string().optional(),
  docker: z.string().optional(),
});
export type ToolchainChoice = z.infer<typeof ToolchainChoice>;

const ToolchainState = z.object({
  /** Where it was installed. */
  folder: z.string(),
  choice: ToolchainChoice,
  checked: z
    .object({
      at: z.string(),
      /** sha256 of the lock file it was checked against. */
      lock: z.string(),
      programs: z.array(z.object({ name: z.string(), version: z.string() })),
    })
    .optional(),
});
export type ToolchainState = z.infer<typeof ToolchainState>;

/** A file that is missing or damaged says nothing: what is on the disk is looked at anyway. */
export async function readState(file: string): Promise<ToolchainState | undefined> {
  try {
    return ToolchainState.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** For the owner's eyes: an index may be named with a login. @throws PilotError homeNotWritable, diskFull */
export async function writeState(file: string, state: ToolchainState): Promise<void> {
  try {
    await writeFileAtomic(file, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    throw diskError(error, file) ?? error;
  }
}

/** What is asked for now, over what was chosen before. */
export function mergeChoice(before: ToolchainChoice, asked: ToolchainChoice): ToolchainChoice {
  return {
    python: asked.python ?? before.python,
    torchIndex: asked.torchIndex ?? before.torchIndex,
    docker: asked.docker ?? before.docker,
  };
}

export function isSameChoice(a: ToolchainChoice, b: ToolchainChoice): boolean {
  return a.python === b.python && a.torchIndex === b.torchIndex && a.docker === b.docker;
}
