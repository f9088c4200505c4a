/** The device contract, third part: what does not fit is refused, and changes nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceError, type LoadedModel } from '../../backend/devices/device.ts';
import { feed, sampled, slots, type DeviceSuite } from './deviceRuns.ts';

export function testLimits(suite: DeviceSuite): void {
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
      await expect(suite.model.step(plan)).rejects.toBeInstanceOf(RangeError);
      expect([suite.model.length(0), suite.model.length(1)]).toEqual([0, 0]);
    });

    it('refuses slots and lengths that are not there', async () => {
      await feed(suite.model, 0, tokens);
      expect(() => suite.model.truncate(0, 4)).toThrow(RangeError);
      expect(() => suite.model.truncate(0, -1)).toThrow(RangeError);
      expect(() => suite.model.copyPrefix(0, 1, 4)).toThrow(RangeError);
      expect(() => suite.model.copyPrefix(0, slots, 1)).toThrow(RangeError);
      expect(() => suite.model.release(slots)).toThrow(RangeError);
      expect(() => suite.model.length(slots)).toThrow(RangeError);
      expect(() => suite.model.unpark(0, { tokens: 1, bytes: 1 })).toThrow(TypeError);
    });
  });

  describe('a KV cache that is full', () => {
    let small: LoadedModel;
    beforeAll(async () => {
      const path = suite.modelPath;
      small = await suite.device.load({ path, slots: 3, kvTokens: 256, contextLength: 256 });
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
}
