/**
 * Runs cases: a script makes the inputs and compares the outputs, and asks for each launch, which
 * the device makes. Tensors travel in files, as the script may run in a container.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { HostTensor } from '../devices/device.ts';
import { PilotError, toPilotError } from '../protocol/errors.ts';
import { TensorComparison } from '../protocol/verification.ts';
import type { Case } from './cases.ts';
import type { VerifyNets } from './device.ts';
import type { VerifyTool } from './tool.ts';

/** Judged later, by policy.ts. */
const Tensor = TensorComparison.omit({ passed: true }).extend({ isUnwritten: z.boolean() });

const index = z.number().int().min(0);

/** What python/compare.py says of its cases, a line each. */
const Report = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), index }),
  z.object({ kind: z.literal('finished'), index, tensors: z.array(Tensor) }),
  z.object({ kind: z.literal('failed'), index, reason: z.string() }),
  z.object({ kind: z.literal('refused'), index, reason: z.string() }),
]);
type Report = z.infer<typeof Report>;

/** What it asks for, and waits. */
const Question = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open') }),
  z.object({
    kind: z.literal('launch'),
    net: z.string(),
    inputs: z.array(z.object({ file: z.string().regex(/^in\d+$/u), shape: z.array(index) })),
  }),
]);
type Question = z.infer<typeof Question>;

export type CaseResult =
  | Omit<Extract<Report, { kind: 'finished' }>, 'kind' | 'index'>
  | { readonly failure: string; readonly isRefused?: boolean };

export interface CasesOptions {
  readonly bmodel: string;
  readonly promptTokens: readonly number[];
  readonly layers: number;
}

/**
 * @returns a result for each case, in their order
 * @throws PilotError verificationStopped, cancelled, and what `VerifyNets.run` throws
 */
export async function runCases(
  tool: Pick<VerifyTool, 'run' | 'work'>,
  nets: Pick<VerifyNets, 'nets' | 'run'>,
  options: CasesOptions,
  cases: readonly Case[],
  onProgress: (done: number, current: Case) => void,
): Promise<CaseResult[]> {
  const launches = path.join(tool.work, 'launches');
  await mkdir(launches, { recursive: true });
  const results = new Map<number, CaseResult>();
  const end: { fault?: PilotError } = {};
  const { failure } = await tool.run(
    'compare.py',
    { ...options, work: tool.work, launches, cases },
    (value, say) => {
      const question = Question.safeParse(value).data;
      if (question !== undefined) {
        answer(question, nets, launches).then(say, (error: unknown) => {
          end.fault = toPilotError(error);
          // It ends by that.
          say(NOTHING);
        });
        return;
      }
      const report = Report.safeParse(value).data;
      const one = report && cases[report.index];
      if (report === undefined || one === undefined) return;
      if (report.kind === 'started') onProgress(results.size, one);
      else results.set(report.index, resultOf(report));
    },
    { readsInput: true },
  );
  if (end.fault) throw end.fault;
  return cases.map((_, i) => {
    const result = results.get(i);
    if (result !== undefined) return result;
    const reason = failure ?? 'it came to no end';
    throw new PilotError('verificationStopped', { part: 'the comparison of the nets', reason });
  });
}

const NOTHING = null;

async function answer(
  question: Question,
  device: Pick<VerifyNets, 'nets' | 'run'>,
  folder: string,
): Promise<object> {
  if (question.kind === 'open') return { nets: device.nets };
  const inputs: HostTensor[] = [];
  for (const { file, shape } of question.inputs) {
    inputs.push({ shape, data: await readFile(path.join(folder, file)) });
  }
  const outputs = await device.run(question.net, inputs);
  if (typeof outputs === 'string') return { failure: outputs };
  const files = outputs.map(({ shape }, n) => ({ shape, file: `out${n}` }));
  for (const [n, { data }] of outputs.entries()) {
    await writeFile(path.join(folder, `out${n}`), data);
  }
  return { outputs: files };
}

function resultOf(report: Exclude<Report, { kind: 'started' }>): CaseResult {
  switch (report.kind) {
    case 'finished':
      return report;
    case 'failed':
      return { failure: report.reason };
    case 'refused':
      return { failure: report.reason, isRefused: true };
  }
}
