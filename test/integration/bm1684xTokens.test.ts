/** Tokens of the `bm1684x` driver on the emulator beside PyTorch's, for each way to build a model. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Bm1684xDevice } from '../../backend/devices/bm1684x/bm1684x.ts';
import type { Bm1684xModel } from '../../backend/devices/bm1684x/bm1684xModel.ts';
import { bytesRead } from '../../backend/devices/bm1684x/loadProgress.ts';
import type { StepPlan } from '../../backend/devices/device.ts';
import { decode, feed, greedy, run } from '../conformance/deviceRuns.ts';
import {
  cardModel,
  clearBuild,
  clearModel,
  type BuiltCardModel,
  type CardModelBuild,
} from '../support/cardModel.ts';
import { clearPrompts, type ClearPrompts } from '../support/clearPrompts.ts';
import { openEmulator } from '../support/emulator.ts';
import { describeCompiler } from '../support/linkToolchain.ts';
import type { TinyModelOptions } from '../support/tinyModel.ts';

const CONTEXT = 64;
const CHUNK = 16;
/** Tokens of an answer. */
const COUNT = 4;
/** One chunk, a little more, several chunks, and all that there is room for. */
const lengths = [CHUNK, CHUNK + 1, 2 * CHUNK + 5, CONTEXT - COUNT + 1];

const qwen2: TinyModelOptions = { ...clearModel, architecture: 'qwen2' };
const withReuse = { sequenceLength: CONTEXT, chunkLength: CHUNK };
const withoutReuse = {
  ...{ sequenceLength: CONTEXT, maxInputLength: CHUNK, hasPrefixReuse: false },
};

interface Build extends CardModelBuild {
  readonly name: string;
  /** Of those with a history, whose launches are counted and whose chunks go on after the first. */
  readonly layers?: number;
  /** Without logits. */
  readonly isGreedy?: boolean;
}

const builds: readonly Build[] = [
  { name: 'qwen3 in 8 bits with a history, of two layers', ...clearBuild, layers: 2 },
  {
    name: 'qwen2 in 4 bits with a history, of three layers',
    model: { ...qwen2, layers: 3 },
    convert: { options: { ...withReuse, quantization: 'w4bf16' } },
    layers: 3,
  },
  {
    name: 'qwen3 in 4 bits, dynamic',
    model: clearModel,
    convert: { options: { ...withoutReuse, quantization: 'w4bf16' } },
  },
  {
    name: 'qwen2 in 8 bits, static, with the head of a token and its embedding on disk',
    model: qwen2,
    convert: {
      options: {
        ...{ ...withoutReuse, quantization: 'w8bf16', prefill: 'static' },
        ...{ head: 'token', isEmbeddingOnDisk: true },
      },
    },
    isGreedy: true,
  },
];

describeCompiler('tokens on the emulator', () => {
  let device: Bm1684xDevice;
  let prompts: ClearPrompts[];
  const built: BuiltCardModel[] = [];

  beforeAll(async () => {
    for (const { model, convert } of builds) built.push(await cardModel({ model, convert }));
    const wanted = built.map(({ source }) => ({ source, lengths }));
    prompts = await clearPrompts(wanted, COUNT);
    // Its threads take time from the others even when it has nothing to do.
    device = await openEmulator();
  });
  afterAll(() => device.close());

  describe.each(builds.map((build, index) => ({ ...build, index })))('$name', (build) => {
    let model: Bm1684xModel;
    let clear: ClearPrompts;
    /** While it was loaded. */
    const fractions: number[] = [];
    let read = 0;

    beforeAll(async () => {
      const before = (await bytesRead())!;
      model = await device.load({
        ...{ path: built[build.index]!.folder, slots: 2 },
        onProgress: (fraction) => fractions.push(fraction),
      });
      read = (await bytesRead())! - before;
      clear = prompts[build.index]!;
    });
    afterAll(() => model.dispose());
    beforeEach(() => {
      for (const slot of [0, 1]) {
        model.release(slot);
        model.configure(slot, greedy, new Int32Array());
      }
    });

    it('has the lengths that it was built for', () => {
      expect(model).toMatchObject({ contextLength: CONTEXT, slots: 2 });
      expect(model.firstChunk).toBe(build.layers === undefined ? CHUNK : undefined);
      expect(model.metadata.isGreedy).toBe(build.isGreedy);
    });

    it('tells how far its loading is, by what the runtime reads', async () => {
      const { folder } = built[build.index]!;
      const sizes = new Map<string, number>();
      for (const name of await readdir(folder)) {
        sizes.set(name, (await stat(path.join(folder, name))).size);
      }
      // If the runtime mapped the file into memory, nothing of it would be counted.
      const bmodel = sizes.get('model.bmodel')!;
      const least = bmodel + sizes.get('tokenizer.json')!;
      expect(read).toBeGreaterThanOrEqual(least);
      // Nor is it read twice.
      expect(read).toBeLessThan(least + bmodel);
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
      expect(fractions.slice(0, 2)).toEqual([0.05, 0.1]);
      expect(fractions.at(-1)).toBe(1);
    });

    it.each(['chinese', 'code', 'prose'] as const)(
      'goes on with %s as PyTorch does',
      async (kind) => {
        const { turns, answers } = clear.byKind[kind];
        expect(await run(model, 0, turns[0]!, COUNT)).toEqual(answers[0]);
      },
    );

    it.each(lengths)('goes on with %d tokens as PyTorch does', async (length) => {
      const { turns, answers } = clear.byLength.get(length)!;
      expect(turns[0]).toHaveLength(length);
      expect(await run(model, 0, turns[0]!, COUNT)).toEqual(answers[0]);
      expect(model.length(0)).toBe(length + COUNT - 1);
    });

    it('goes on with two texts in turn, token by token', async () => {
      const { chinese, prose } = clear.byKind;
      const two = [chinese, prose];
      const got: number[][] = [];
      for (const [slot, { turns }] of two.entries()) got.push([await feed(model, slot, turns[0]!)]);
      while (got[0]!.length < COUNT) {
        const decodes = got.map((tokens, slot) => ({ slot, token: tokens.at(-1)! }));
        const { sampled } = await model.step({ decodes });
        for (const [slot, token] of sampled) got[slot]!.push(token);
      }
      expect(got).toEqual(two.map(({ answers }) => answers[0]));
    });

    it('computes only what a second turn adds', async () => {
      const { turns, answers } = clear.twoTurns;
      const [first, second] = [turns[0]!, turns[1]!];
      expect(await run(model, 0, first, COUNT)).toEqual(answers[0]);
      // The last token of the answer was sampled, and not computed with.
      const added = Int32Array.from([answers[0]!.at(-1)!, ...second]);
      const next = await feed(model, 0, added);
      const launches = model.lastWork!.launches;
      expect([next, ...(await decode(model, 0, next, COUNT - 1))]).toEqual(answers[1]);

      const { layers } = build;
      if (layers === undefined) return;
      const whole = Int32Array.from([...first, ...answers[0]!, ...second]);
      expect(await feed(model, 1, whole)).toBe(next);
      // The embedding and the layers for each chunk, and the head.
      const passes = (tokens: number): number => Math.ceil(tokens / CHUNK) * (layers + 1) + 1;
      expect(model.lastWork!.launches).toBe(passes(whole.length));
      expect(launches).toBe(passes(added.length));
    });

    it('learns what it costs to keep a text in host memory, and goes on with it', async () => {
      const { turns, answers } = clear.byKind.prose;
      expect(model.costs.copyBytesPerMs).toBeUndefined();
      const first = await feed(model, 0, turns[0]!);
      const parked = model.park(0);
      model.unpark(1, parked);
      expect([first, ...(await decode(model, 1, first, COUNT - 1))]).toEqual(answers[0]);
      const { copyBytesPerMs } = model.costs;
      expect(copyBytesPerMs).toBeGreaterThan(0);
      expect(copyBytesPerMs).toBeLessThan(Infinity);
    });

    it('goes on as PyTorch does after a stop inside a prefill and inside a decode', async () => {
      const { turns, answers } = clear.byLength.get(2 * CHUNK + 5)!;
      const prompt = turns[0]!;
      const prefill = { slot: 0, tokens: prompt, from: 0, sample: true };
      await model.step({ prefill, decodes: [] });
      const prefillMs = model.lastWork!.totalMs;
      model.release(0);
      await stopInside(model, { prefill, decodes: [] }, prefillMs);
      expect(model.length(0)).toBe(0);
      // What still runs of it must not reach the other slot.
      const other = clear.byKind.code;
      expect(await run(model, 1, other.turns[0]!, COUNT)).toEqual(other.answers[0]);
      const token = await feed(model, 0, prompt);
      const got = [token, ...(await decode(model, 0, token, 1))];
      await stopInside(model, { decodes: [{ slot: 0, token: got[1]! }] }, model.lastWork!.totalMs);
      got.push(...(await decode(model, 0, got[1]!, COUNT - 2)));
      expect(got).toEqual(answers[0]);
    });
  });
});

/** Stops a step that takes about `ms` after half of it; sooner, if it was done by then. */
async function stopInside(model: Bm1684xModel, plan: StepPlan, ms: number): Promise<void> {
  const slot = plan.prefill?.slot ?? plan.decodes[0]!.slot;
  const length = model.length(slot);
  for (let wait = ms / 2; ; wait = wait < 1 ? 0 : wait / 2) {
    const step = model.step(plan).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    model.abort();
    const error = await step;
    if (error !== undefined) {
      expect(error).toMatchObject({ name: 'DeviceError', code: 'aborted' });
      return;
    }
    model.truncate(slot, length);
  }
}
