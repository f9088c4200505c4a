/** Whether all of it works: every library is imported, every program of the compiler is run. */
import * as z from 'zod';
import { PilotError } from '../protocol/errors.ts';
import type { ToolchainStatus } from '../protocol/toolchain.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { parseJsonLine } from './jsonLine.ts';
import { shippedText, type ToolchainLock } from './lock.ts';
import type { Steps } from './steps.ts';
import { lastWords } from './toolEnd.ts';

/** What python/selfcheck.py prints, a line each. */
const Line = z.discriminatedUnion('state', [
  z.object({ state: z.literal('started'), name: z.string() }),
  z.object({ state: z.literal('works'), name: z.string(), version: z.string() }),
  z.object({ state: z.literal('fails'), name: z.string(), reason: z.string() }),
]);

/** Programs built with the compiler, which tell its version: `v1.30.2-20260831`. */
const COMPILER = ['model_tool', 'pymlir'];
/** Reading a few gigabytes of libraries from a slow disk for the first time takes minutes. */
const TIMEOUT_MS = 20 * 60_000;

/**
 * @returns what the compiler's programs say of their versions
 * @throws PilotError toolchainBroken naming what does not work; cancelled
 */
export async function selfCheck(
  steps: Steps,
  lock: ToolchainLock,
): Promise<ToolchainStatus['programs']> {
  const works = new Map<string, string>();
  const failures: string[] = [];
  let current: string | undefined;
  steps.listener.onProgress({ step: jobSentence('checkAll') });
  const ended = await steps.run(
    steps.layout.python,
    ['-I', '-c', await shippedText('selfcheck.py')],
    {
      timeoutMs: TIMEOUT_MS,
      onLine: (text, stream) => {
        const line = stream === 'stdout' ? parseJsonLine(Line, text) : undefined;
        if (!line) return;
        current = line.state === 'started' ? line.name : undefined;
        if (line.state === 'works') works.set(line.name, line.version);
        if (line.state === 'fails') failures.push(`${line.name}: ${line.reason}`);
      },
    },
  );
  // A library that ends the process says nothing; it is the one that was begun.
  if (ended.kind !== 'exited' || ended.code !== 0) {
    failures.push(`${current ?? 'the check'}: ${lastWords(ended)}`);
  }
  const wanted = lock.packages.find(({ name }) => name === 'tpu-mlir')?.version;
  for (const name of COMPILER) {
    const version = works.get(name);
    if (wanted === undefined || version === undefined) continue;
    if (!version.startsWith(`v${wanted}`)) failures.push(`${name}: it is ${version}`);
  }
  if (failures.length === 0)
    return COMPILER.map((name) => ({ name, version: works.get(name) ?? '' }));
  throw new PilotError('toolchainBroken', { reason: failures.slice(0, 5).join('; ') });
}
