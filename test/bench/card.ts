/**
 * What the driver of the card does on the host for a token, counted on the vendor's emulator with
 * small models of 1, 2 and 4 layers: calls of the libraries, and the time outside of them. It grows
 * with the layers by a line, which says what a model of 36 layers costs.
 */
import { openSync, writeSync } from 'node:fs';
import type { Bm1684xModel } from '../../backend/devices/bm1684x/bm1684xModel.ts';
import { cardModel, smallestModel } from '../support/cardModel.ts';
import { openEmulator } from '../support/emulator.ts';
import { callCosts } from './callCost.ts';
import { median } from './stats.ts';

const LAYERS = [1, 2, 4] as const;
/** Of Qwen3-8B, and its decode step with W8 weights by the time model, in ms. */
const LARGE = { layers: 36, stepMs: 166 };
const CHUNK = 64;
const DECODES = 12;

/** Of one step; milliseconds, the median. */
interface StepWork {
  readonly calls: number;
  readonly launches: number;
  readonly nativeMs: number;
  readonly hostMs: number;
  /** The way to the chip's thread and back. */
  readonly messageMs: number;
}

/** Prints Markdown. */
export async function runCard(rounds: number): Promise<void> {
  // The emulator's own output is thrown away from here on.
  const out = openSync('/proc/self/fd/1', 'a');
  const print = (line: string): void => void writeSync(out, `${line}\n`);
  const costs = Object.entries(callCosts(rounds));
  const [, plain = NaN] = costs[0] ?? [];
  print('| a call given | µs | times an int |\n| --- | --- | --- |');
  for (const [way, cost] of costs) {
    print(`| ${way} | ${cost.toFixed(2)} | ${(cost / plain).toFixed(1)} |`);
  }
  print('\n| step | layers | calls | launches | in the libraries, ms | host, ms | message, ms |');
  print('| --- | --- | --- | --- | --- | --- | --- |');
  const device = await openEmulator();
  const found = new Map<string, { layers: number; work: StepWork }[]>();
  for (const layers of LAYERS) {
    const { folder } = await cardModel({
      model: { ...smallestModel, layers },
      convert: { options: { sequenceLength: 256, chunkLength: CHUNK } },
    });
    const model = await device.load({ path: folder, slots: 1 });
    for (const [step, work] of Object.entries(await measure(model, rounds))) {
      found.set(step, [...(found.get(step) ?? []), { layers, work }]);
      const times = [work.nativeMs, work.hostMs, work.messageMs].map((ms) => ms.toFixed(2));
      print(`| ${[step, layers, work.calls, work.launches, ...times].join(' | ')} |`);
    }
    await model.dispose();
  }
  await device.close();
  print('');
  for (const [step, works] of found) print(extrapolate(step, works));
}

async function measure(model: Bm1684xModel, rounds: number): Promise<Record<string, StepWork>> {
  const samples: Record<string, StepWork[]> = { 'first chunk': [], 'next chunk': [], decode: [] };
  const tokens = Int32Array.from({ length: CHUNK }, (_, n) => 100 + n);
  const step = async (name: string, plan: Parameters<Bm1684xModel['step']>[0]): Promise<number> => {
    const begun = performance.now();
    const { sampled } = await model.step(plan);
    const wholeMs = performance.now() - begun;
    const { calls, launches, nativeMs, totalMs } = model.lastWork ?? raise();
    const times = { nativeMs, hostMs: totalMs - nativeMs, messageMs: wholeMs - totalMs };
    samples[name]?.push({ calls, launches, ...times });
    return sampled.get(0) ?? 0;
  };
  model.configure(0, { temperature: 0 }, new Int32Array());
  for (let round = 0; round < rounds; round++) {
    model.release(0);
    const chunk = { slot: 0, tokens, sample: true };
    await step('first chunk', { decodes: [], prefill: { ...chunk, from: 0 } });
    const next = { ...chunk, from: CHUNK };
    let token = await step('next chunk', { decodes: [], prefill: next });
    for (let n = 0; n < DECODES; n++) {
      token = await step('decode', { decodes: [{ slot: 0, token }] });
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, medianOf(all)]));
}

function medianOf(all: readonly StepWork[]): StepWork {
  const of = (key: keyof StepWork): number => median(all.map((work) => work[key]));
  return {
    ...{ calls: of('calls'), launches: of('launches'), nativeMs: of('nativeMs') },
    ...{ hostMs: of('hostMs'), messageMs: of('messageMs') },
  };
}

/** By the line through the smallest and the largest model. */
function extrapolate(step: string, works: readonly { layers: number; work: StepWork }[]): string {
  const [small, large] = [works[0] ?? raise(), works.at(-1) ?? raise()];
  const at = (key: keyof StepWork): number => {
    const slope = (large.work[key] - small.work[key]) / (large.layers - small.layers);
    return small.work[key] + slope * (LARGE.layers - small.layers);
  };
  const host = at('hostMs');
  const perLaunch = (host * 1000) / at('launches');
  const share = (100 * host) / LARGE.stepMs;
  const against =
    step === 'decode' ? `, ${share.toFixed(2)} % of a step of ${LARGE.stepMs} ms` : '';
  return (
    `${step}, ${LARGE.layers} layers: ${Math.round(at('calls'))} calls, ` +
    `${host.toFixed(2)} ms on the host (${perLaunch.toFixed(0)} µs for a launch)${against}`
  );
}

function raise(): never {
  throw new Error('Nothing was measured.');
}
