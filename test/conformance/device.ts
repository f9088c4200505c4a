/**
 * The device contract as tests: every driver runs this one suite. Sequences stay short, so that a
 * real model computes the same numbers however its work is divided.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Device, LoadedModel } from '../../backend/devices/device.ts';
import { testLimits } from './deviceLimits.ts';
import { feed, greedy, promptTokens, run, shape, slots, type DeviceSuite } from './deviceRuns.ts';
import { testSlots } from './deviceSlots.ts';

export interface DeviceUnderTest {
  open(): Device | Promise<Device>;
  /** A model that the device can load. */
  modelPath(): string;
  /** Lengths of answers are divided by it: for a device that takes a second for a token. */
  readonly shortening?: number;
}

const texts = [
  'Once upon a time, in a small village,',
  'def fibonacci(n):\n    """Return the nth Fibonacci number."""\n',
  'The capital of France is',
];

/** Declare the suite for one driver. */
export function testDevice(name: string, subject: DeviceUnderTest): void {
  describe(`device contract: ${name}`, () => {
    let device: Device;
    let model: LoadedModel;

    beforeAll(async () => {
      device = await subject.open();
      model = await device.load({ path: subject.modelPath(), ...shape });
    });
    afterAll(() => device.close());
    beforeEach(() => {
      for (let slot = 0; slot < slots; slot++) {
        model.release(slot);
        model.configure(slot, greedy, new Int32Array());
      }
    });

    const count = (tokens: number): number => Math.ceil(tokens / (subject.shortening ?? 1));
    const prompt = (index: number): Promise<Int32Array> => promptTokens(model, texts[index]!);

    describe('identity', () => {
      it('names itself and measures nothing as 0', async () => {
        expect(device.info().kind).not.toBe('');
        expect(Object.values(await device.telemetry())).not.toContain(0);
      });

      it('gives the model the shape that was asked for', () => {
        expect(model).toMatchObject(shape);
        expect(model.metadata.endTokens.length).toBeGreaterThan(0);
        expect(model.metadata.trainedContextLength).toBeGreaterThanOrEqual(256);
      });

      it('refuses what is no model', async () => {
        const load = device.load({ path: '/nowhere/invalid.gguf', slots: 1 });
        await expect(load).rejects.toMatchObject({ name: 'DeviceError', code: 'invalidModel' });
      });
    });

    describe('text', () => {
      it.each(['hello world', 'naïve café', '漢字 🙂👩‍💻', 'a\r\n\tb', ''])(
        'gives the bytes of %j back',
        async (text) => {
          const pieces = Array.from(await model.encode(text), (token) => model.piece(token));
          expect(Buffer.concat(pieces).toString()).toBe(text);
        },
      );

      it('encodes a lone surrogate as U+FFFD', async () => {
        expect(await model.encode('a\ud800b')).toEqual(await model.encode('a\ufffdb'));
      });

      it('leaves the text of a special token text', async () => {
        for (const { id, text } of model.metadata.specialTokens) {
          expect(await model.encode(text)).not.toContain(id);
        }
      });

      it('has no bytes for the tokens that end a generation', () => {
        for (const token of model.metadata.endTokens) expect(model.piece(token)).toHaveLength(0);
      });

      it.each([-1, 0.5, NaN, 2 ** 31])('has no token %d', (token) => {
        expect(() => model.piece(token)).toThrow(RangeError);
      });
    });

    describe('steps', () => {
      it('repeats a greedy run exactly', async () => {
        const first = await run(model, 0, await prompt(0), count(16));
        expect(await run(model, 1, await prompt(0), count(16))).toEqual(first);
        expect(model.length(0)).toBe((await prompt(0)).length + count(16) - 1);
      });

      it.each([1, 3, 7])('prefills in chunks of %d as in one', async (chunk) => {
        const whole = await run(model, 0, await prompt(1), count(12));
        model.release(0);
        expect(await run(model, 0, await prompt(1), count(12), chunk)).toEqual(whole);
      });

      it('samples only where it was asked to', async () => {
        const tokens = await prompt(0);
        const prefill = { slot: 0, tokens, from: 0, sample: false };
        expect((await model.step({ prefill, decodes: [] })).sampled.size).toBe(0);
        expect(model.length(0)).toBe(tokens.length);
      });

      it('gives a slot the same tokens in a batch as alone', async () => {
        const alone: number[][] = [];
        for (const [slot] of texts.entries()) {
          alone.push(await run(model, slot, await prompt(slot), count(20)));
          model.release(slot);
        }

        // Slot 2 begins when the others are under way, four tokens beside each of their steps.
        const together: number[][] = [
          [await feed(model, 0, await prompt(0))],
          [await feed(model, 1, await prompt(1))],
          [],
        ];
        const late = await prompt(2);
        let fed = 0;
        while (together[2]!.length < count(20)) {
          const running = [0, 1, 2].filter((slot) => together[slot]!.length % count(20) !== 0);
          const tokens = late.slice(fed, fed + 4);
          const sample = fed + 4 >= late.length;
          const { sampled } = await model.step({
            decodes: running.map((slot) => ({ slot, token: together[slot]!.at(-1)! })),
            ...(tokens.length > 0 && { prefill: { slot: 2, tokens, from: fed, sample } }),
          });
          fed += tokens.length;
          for (const [slot, token] of sampled) together[slot]!.push(token);
        }
        expect(together).toEqual(alone);
      });
    });

    describe('sampling', () => {
      const creative = { temperature: 1.2, topP: 1, topK: 0, minP: 0 };

      it('gives equal tokens for equal seeds, others for others', async () => {
        const tokens = await prompt(0);
        const runs = [];
        for (const [slot, seed] of [7, 7, 8].entries()) {
          model.configure(slot, { ...creative, seed }, tokens);
          runs.push(await run(model, slot, tokens, count(20)));
        }
        expect(runs[1]).toEqual(runs[0]);
        expect(runs[2]).not.toEqual(runs[0]);
      });

      it('goes on with a seed as if it had never stopped', async () => {
        const tokens = await prompt(0);
        model.configure(0, { ...creative, seed: 7 }, tokens);
        const whole = await run(model, 0, tokens, count(20));
        const half = whole.slice(0, whole.length / 2);
        model.configure(1, { ...creative, seed: 7 }, tokens);
        const rest = await run(
          model,
          1,
          Int32Array.of(...tokens, ...half),
          whole.length - half.length,
        );
        expect([...half, ...rest]).toEqual(whole);
      });

      it('draws a seed of its own for who names none', async () => {
        const tokens = await prompt(0);
        model.configure(0, creative, tokens);
        model.configure(1, creative, tokens);
        const first = await run(model, 0, tokens, count(20));
        expect(await run(model, 1, tokens, count(20))).not.toEqual(first);
      });

      it('looks back on the history for its repetition penalty', async () => {
        const tokens = await prompt(0);
        const plain = await run(model, 0, tokens, count(12));
        const penalized = { temperature: 0, repetitionPenalty: 1.8 };
        const runs = [];
        for (const slot of [1, 2]) {
          model.configure(slot, penalized, Int32Array.of(...tokens, ...plain));
          runs.push(await run(model, slot, tokens, count(12)));
        }
        expect(runs[0]).not.toEqual(plain);
        expect(runs[1]).toEqual(runs[0]);
      });
    });

    const suite: DeviceSuite = {
      get device() {
        return device;
      },
      get model() {
        return model;
      },
      get modelPath() {
        return subject.modelPath();
      },
      prompt,
      count,
    };
    testSlots(suite);
    testLimits(suite);
  });
}
