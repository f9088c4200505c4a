/**
 * The device contract as tests: every driver runs this one suite. Sequences stay short, so that a
 * real model computes the same numbers however its work is divided.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Device, LoadedModel } from '../../backend/devices/device.ts';
import { DeviceError } from '../../backend/devices/device.ts';
import { decode, feed, greedy, promptTokens, run, sampled } from './deviceRuns.ts';

export interface DeviceUnderTest {
  open(): Device | Promise<Device>;
  /** A model that the device can load. */
  modelPath(): string;
}

const slots = 4;
const shape = { slots, kvTokens: 1024, contextLength: 256 };
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
        const first = await run(model, 0, await prompt(0), 16);
        expect(await run(model, 1, await prompt(0), 16)).toEqual(first);
        expect(model.length(0)).toBe((await prompt(0)).length + 15);
      });

      it.each([1, 3, 7])('prefills in chunks of %d as in one', async (chunk) => {
        const whole = await run(model, 0, await prompt(1), 12);
        model.release(0);
        expect(await run(model, 0, await prompt(1), 12, chunk)).toEqual(whole);
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
          alone.push(await run(model, slot, await prompt(slot), 20));
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
        while (together[2]!.length < 20) {
          const running = [0, 1, 2].filter((slot) => together[slot]!.length % 20 !== 0);
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
          runs.push(await run(model, slot, tokens, 20));
        }
        expect(runs[1]).toEqual(runs[0]);
        expect(runs[2]).not.toEqual(runs[0]);
      });

      it('goes on with a seed as if it had never stopped', async () => {
        const tokens = await prompt(0);
        model.configure(0, { ...creative, seed: 7 }, tokens);
        const whole = await run(model, 0, tokens, 20);
        const half = whole.slice(0, 10);
        model.configure(1, { ...creative, seed: 7 }, tokens);
        const rest = await run(model, 1, Int32Array.of(...tokens, ...half), 10);
        expect([...half, ...rest]).toEqual(whole);
      });

      it('draws a seed of its own for who names none', async () => {
        const tokens = await prompt(0);
        model.configure(0, creative, tokens);
        model.configure(1, creative, tokens);
        const first = await run(model, 0, tokens, 20);
        expect(await run(model, 1, tokens, 20)).not.toEqual(first);
      });

      it('looks back on the history for its repetition penalty', async () => {
        const tokens = await prompt(0);
        const plain = await run(model, 0, tokens, 12);
        const penalized = { temperature: 0, repetitionPenalty: 1.8 };
        const runs = [];
        for (const slot of [1, 2]) {
          model.configure(slot, penalized, Int32Array.of(...tokens, ...plain));
          runs.push(await run(model, slot, tokens, 12));
        }
        expect(runs[0]).not.toEqual(plain);
        expect(runs[1]).toEqual(runs[0]);
      });
    });

    describe('slots', () => {
      it('forks a slot, and each branch goes its own way', async () => {
        const tokens = await prompt(1);
        const [left, right] = [Int32Array.of(5), Int32Array.of(9)];
        const expected = [];
        for (const end of [left, right]) {
          expected.push(await run(model, 0, Int32Array.of(...tokens, ...end), 10));
          model.release(0);
        }
        await feed(model, 0, tokens);
        await feed(model, 1, Int32Array.of(1, 2, 3));
        model.copyPrefix(0, 1, tokens.length);
        expect(model.length(1)).toBe(tokens.length);
        expect([await run(model, 0, left, 10), await run(model, 1, right, 10)]).toEqual(expected);
      });

      it('keeps a copied prefix when its origin is released', async () => {
        const tokens = await prompt(1);
        const expected = await run(model, 0, tokens, 10);
        model.copyPrefix(0, 1, tokens.length - 1);
        model.release(0);
        expect(await run(model, 1, tokens.slice(-1), 10)).toEqual(expected);
      });

      it('cuts a slot and continues from there', async () => {
        const tokens = await prompt(1);
        const expected = await run(model, 0, tokens, 10);
        model.truncate(0, tokens.length - 2);
        expect(await run(model, 0, tokens.slice(-2), 10)).toEqual(expected);
      });

      it('copies a prefix onto the same slot as a cut', async () => {
        const tokens = await prompt(1);
        const expected = await run(model, 0, tokens, 10);
        model.copyPrefix(0, 0, tokens.length - 2);
        expect(await run(model, 0, tokens.slice(-2), 10)).toEqual(expected);
      });

      it('parks a slot and continues it elsewhere, twice', async () => {
        const tokens = await prompt(1);
        const expected = await run(model, 0, tokens, 10);
        model.truncate(0, tokens.length);
        await feed(model, 1, Int32Array.of(1, 2, 3));
        const parked = model.park(0);
        expect(parked.tokens).toBe(tokens.length);
        expect(parked.bytes).toBeGreaterThan(0);
        expect(model.length(0)).toBe(0);
        for (const slot of [1, 3]) {
          model.unpark(slot, parked);
          expect(model.length(slot)).toBe(tokens.length);
          expect(await decode(model, slot, expected[0]!, 9)).toEqual(expected.slice(1));
        }
      });

      it('parks an empty slot', async () => {
        const parked = model.park(0);
        await feed(model, 0, await prompt(0));
        model.unpark(0, parked);
        expect(model.length(0)).toBe(0);
      });

      it('forgets what a released slot held', async () => {
        const expected = await run(model, 0, await prompt(2), 10);
        await run(model, 1, await prompt(0), 10);
        model.release(1);
        expect(model.length(1)).toBe(0);
        expect(await run(model, 1, await prompt(2), 10)).toEqual(expected);
      });
    });

    describe('stopping', () => {
      it('aborts a running step and leaves every slot as it was', async () => {
        const [first, second] = [await prompt(0), await prompt(1)];
        const expected = [await run(model, 0, first, 12), await run(model, 1, second, 12)];
        model.truncate(0, first.length);
        model.release(1);

        const running = model.step({
          decodes: [{ slot: 0, token: expected[0]![0]! }],
          prefill: { slot: 1, tokens: second, from: 0, sample: true },
        });
        model.abort();
        await expect(running).rejects.toMatchObject({ name: 'DeviceError', code: 'aborted' });

        expect([model.length(0), model.length(1)]).toEqual([first.length, 0]);
        const rest = await decode(model, 0, expected[0]![0]!, 11);
        expect([expected[0]![0]!, ...rest]).toEqual(expected[0]);
        expect(await run(model, 1, second, 12)).toEqual(expected[1]);
      });

      it('does not let an abort reach the next step', async () => {
        model.abort();
        expect(await run(model, 0, await prompt(0), 4)).toHaveLength(4);
      });

      it('refuses everything else while a step runs', async () => {
        const tokens = await prompt(0);
        await feed(model, 1, tokens);
        const running = feed(model, 0, tokens);
        await expect(model.step({ decodes: [{ slot: 1, token: 1 }] })).rejects.toThrow(RangeError);
        expect(() => model.truncate(1, 0)).toThrow(RangeError);
        expect(() => model.configure(1, greedy, tokens)).toThrow(RangeError);
        expect(() => model.copyPrefix(1, 2, 1)).toThrow(RangeError);
        expect(() => model.park(1)).toThrow(RangeError);
        expect(await running).toBeGreaterThanOrEqual(0);
        expect(model.length(1)).toBe(tokens.length);
      });

      it('ends a running step when the model is disposed', async () => {
        const other = await device.load({ path: subject.modelPath(), slots: 1, kvTokens: 256 });
        const running = feed(other, 0, new Int32Array(200).fill(5));
        const ended = expect(running).rejects.toMatchObject({ code: 'aborted' });
        await other.dispose();
        await ended;
        await expect(feed(other, 0, Int32Array.of(1))).rejects.toBeInstanceOf(DeviceError);
      });
    });

    describe('plans that do not fit', () => {
      const tokens = Int32Array.of(1, 2, 3);
      it.each([
        ['a slot below 0', { decodes: [{ slot: -1, token: 1 }] }],
        ['a slot too high', { decodes: [{ slot: slots, token: 1 }] }],
        ['a token below 0', { decodes: [{ slot: 0, token: -1 }] }],
        ['a token too high', { decodes: [{ slot: 0, token: 2 ** 30 }] }],
        [
          'a slot twice',
          { decodes: [{ slot: 0, token: 1 }], prefill: { slot: 0, tokens, from: 0, sample: true } },
        ],
        ['a gap', { decodes: [], prefill: { slot: 0, tokens, from: 1, sample: true } }],
        [
          'more than the context',
          {
            decodes: [],
            prefill: { slot: 0, tokens: new Int32Array(257), from: 0, sample: true },
          },
        ],
        [
          'an empty chunk',
          {
            decodes: [{ slot: 1, token: 1 }],
            prefill: { slot: 0, tokens: new Int32Array(), from: 0, sample: true },
          },
        ],
        ['nothing', { decodes: [] }],
      ])('refuses %s', async (_, plan) => {
        await expect(model.step(plan)).rejects.toBeInstanceOf(RangeError);
        expect([model.length(0), model.length(1)]).toEqual([0, 0]);
      });

      it('refuses slots and lengths that are not there', async () => {
        await feed(model, 0, tokens);
        expect(() => model.truncate(0, 4)).toThrow(RangeError);
        expect(() => model.truncate(0, -1)).toThrow(RangeError);
        expect(() => model.copyPrefix(0, 1, 4)).toThrow(RangeError);
        expect(() => model.copyPrefix(0, slots, 1)).toThrow(RangeError);
        expect(() => model.release(slots)).toThrow(RangeError);
        expect(() => model.length(slots)).toThrow(RangeError);
        expect(() => model.unpark(0, { tokens: 1, bytes: 1 })).toThrow(TypeError);
      });
    });

    describe('a KV cache that is full', () => {
      let small: LoadedModel;
      beforeAll(async () => {
        const path = subject.modelPath();
        small = await device.load({ path, slots: 3, kvTokens: 256, contextLength: 256 });
      });
      afterAll(() => small.dispose());

      it('refuses a step, keeps every slot, and works on', async () => {
        const long = new Int32Array(200).fill(5);
        const first = await feed(small, 0, long);
        await expect(feed(small, 1, long)).rejects.toMatchObject({
          code: 'noMemory',
          shortage: { heap: 'KV cache' },
        });
        expect([small.length(0), small.length(1)]).toEqual([200, 0]);

        // A shared prefix costs nothing.
        small.copyPrefix(0, 1, 199);
        expect(await sampled(small, { slot: 1, tokens: long.slice(-1), from: 199 })).toBe(first);
        const parked = small.park(0);
        expect(() => small.unpark(2, parked)).toThrow(DeviceError);
        expect(small.length(1)).toBe(200);
        small.unpark(1, parked);
        expect(small.length(1)).toBe(200);
        small.release(1);
        expect(await feed(small, 2, long)).toBe(first);
      });
    });
  });
}
