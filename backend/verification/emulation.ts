/**
 * Runs cases on the emulator. A case whose process dies has failed by that; a new process goes on
 * with those after it.
 */
import * as z from 'zod';
import { PilotError } from '../protocol/errors.ts';
import { TensorComparison } from '../protocol/verification.ts';
import type { Case } from './cases.ts';
import type { VerifyTool } from './tool.ts';

/** Judged later, by policy.ts. */
const Tensor = TensorComparison.omit({ passed: true }).extend({ isUnwritten: z.boolean() });

const index = z.number().int().min(0);

/** What python/emulate.py prints, a line each. */
const Line = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('loaded') }),
  z.object({ kind: z.literal('started'), index }),
  z.object({
    kind: z.literal('finished'),
    index,
    tensors: z.array(Tensor),
  }),
  z.object({ kind: z.literal('failed'), index, reason: z.string() }),
  z.object({ kind: z.literal('refused'), index, reason: z.string() }),
]);
type Finished = Extract<z.infer<typeof Line>, { kind: 'finished' }>;

export type CaseResult =
  Omit<Finished, 'kind' | 'index'> | { readonly failure: string; readonly isRefused?: boolean };

export interface EmulationOptions {
  readonly bmodel: string;
  readonly promptTokens: readonly number[];
  readonly layers: number;
  /** Bytes of device memory that the model takes. */
  readonly memory: number;
}

/**
 * @returns a result for each case, in their order
 * @throws PilotError verificationStopped when the model cannot even be loaded; cancelled
 */
export async function runCases(
  tool: Pick<VerifyTool, 'run' | 'work' | 'libraries'>,
  options: EmulationOptions,
  cases: readonly Case[],
  onProgress: (done: number, current: Case) => void,
): Promise<CaseResult[]> {
  const results = new Map<number, CaseResult>();
  const { memory, ...model } = options;
  // Only so: it takes a decimal number for another one, and then has no memory at all.
  const env = { CMODEL_GLOBAL_MEM_SIZE: `0x${emulatedBytes(memory).toString(16)}` };
  for (;;) {
    const left = [...cases.keys()].filter((i) => !results.has(i));
    if (left.length === 0)
      return cases.map((_, i) => results.get(i) ?? { failure: 'it was not run' });
    const seen: { isLoaded: boolean; current?: number | undefined } = { isLoaded: false };
    const { failure } = await tool.run(
      'emulate.py',
      { ...model, libraries: tool.libraries, work: tool.work, cases: left.map((i) => cases[i]) },
      env,
      (value) => {
        const line = Line.safeParse(value).data;
        if (!line) return;
        if (line.kind === 'loaded') {
          seen.isLoaded = true;
          return;
        }
        const number = left[line.index];
        const one = number === undefined ? undefined : cases[number];
        if (number === undefined || one === undefined) return;
        if (line.kind === 'started') {
          seen.current = number;
          onProgress(results.size, one);
          return;
        }
        seen.current = undefined;
        results.set(number, resultOf(line));
      },
    );
    if (seen.current !== undefined) {
      results.set(seen.current, { failure: failure ?? 'its process ended without a word' });
    } else if (left.every((i) => !results.has(i))) {
      const part = seen.isLoaded ? 'the emulator' : 'loading the model on the emulator';
      const reason = failure ?? 'it came to no end';
      throw new PilotError('verificationStopped', { part, reason });
    }
  }
}

function resultOf(line: Exclude<z.infer<typeof Line>, { kind: 'loaded' | 'started' }>): CaseResult {
  switch (line.kind) {
    case 'finished':
      return line;
    case 'failed':
      return { failure: line.reason };
    case 'refused':
      return { failure: line.reason, isRefused: true };
  }
}

const GIB = 1024 ** 3;

/** The emulator's own 4 GiB, or as many as the model and its buffers need. */
function emulatedBytes(memory: number): number {
  return Math.max(4, Math.ceil((memory * 1.1) / GIB) + 1) * GIB;
}
