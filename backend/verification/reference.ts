/** The float model's run, which every comparison is with. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { PilotError } from '../protocol/errors.ts';
import type { VerifyTarget } from './target.ts';
import type { VerifyTool } from './tool.ts';

/** Short, in what people will ask for: English, Chinese, code. The last is long enough for chunks. */
const PROMPTS = [
  'The capital of France is',
  '请用一句话介绍长城。',
  'def fibonacci(n):\n    """The n-th number of the sequence, from 0."""\n    if n < 2:\n        return',
] as const;

/** Decoded after each prompt. */
export const NEW_TOKENS = 8;

const Line = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('progress'),
    step: z.string(),
    done: z.number().optional(),
    total: z.number().optional(),
  }),
  z.object({
    kind: z.literal('prompt'),
    prompt: z.string(),
    tokens: z.array(z.number().int()),
    expected: z.array(z.number().int()),
  }),
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('failed'), reason: z.string() }),
]);

export interface ReferencePrompt {
  readonly prompt: string;
  readonly tokens: readonly number[];
  /** What the float model says after it. */
  readonly expected: readonly number[];
}

/** @throws PilotError referenceMissing */
export async function findReference(
  target: VerifyTarget,
  source: string | undefined,
): Promise<{ source: string; tokenizer: string }> {
  const chosen = source ?? target.source;
  const missing = (reason: string): PilotError =>
    new PilotError('referenceMissing', { model: target.name, reason });
  if (chosen === undefined) throw missing('its manifest does not say what it was made from');
  const found = await stat(chosen).catch(() => undefined);
  if (!found) throw missing(`${chosen} is not there any more`);
  const home = found.isDirectory() ? chosen : path.dirname(chosen);
  for (const { name, size } of source === undefined ? target.sourceFiles : []) {
    const now = await stat(path.join(home, name)).catch(() => undefined);
    if (now?.size !== size) throw missing(`${name} in ${home} is not what was converted`);
  }
  const folders = [target.folder, path.join(target.folder, 'config')];
  if (found.isDirectory()) folders.push(chosen);
  for (const folder of folders) {
    const tokenizer = path.join(folder, 'tokenizer.json');
    if (await stat(tokenizer).catch(() => undefined)) return { source: chosen, tokenizer };
  }
  throw missing('there is no tokenizer.json');
}

/**
 * Leaves the inputs and outputs of every layer in the work folder.
 * @param maxLength tokens of a prompt, at most
 * @throws PilotError verificationStopped, cancelled
 */
export async function runReference(
  tool: VerifyTool,
  { source, tokenizer }: { source: string; tokenizer: string },
  maxLength: number,
  onProgress: (step: string) => void,
): Promise<ReferencePrompt[]> {
  const prompts: ReferencePrompt[] = [];
  const end: { isDone?: boolean; reason?: string } = {};
  const options = {
    ...{ source, tokenizer, work: tool.work },
    ...{ prompts: PROMPTS, maxLength, newTokens: NEW_TOKENS },
  };
  const { failure } = await tool.run('reference.py', options, (value) => {
    const line = Line.safeParse(value).data;
    if (line?.kind === 'progress') onProgress(line.step);
    if (line?.kind === 'prompt') {
      const { prompt, tokens, expected } = line;
      prompts.push({ prompt, tokens, expected });
    }
    if (line?.kind === 'failed') end.reason = line.reason;
    if (line?.kind === 'done') end.isDone = true;
  });
  if (end.isDone) return prompts;
  throw new PilotError('verificationStopped', {
    part: 'the float model',
    reason: end.reason ?? failure ?? 'it came to no end',
  });
}
