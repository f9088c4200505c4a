/** The device contract, second part: what slots can do beside steps, and how steps are stopped. */
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../backend/devices/device.ts';
import { decode, feed, greedy, run, type DeviceSuite } from './deviceRuns.ts';

export function testSlots(suite: DeviceSuite): void {
  describe('slots', () => {
    it('forks a slot, and each branch goes its own way', async () => {
      const tokens = await suite.prompt(1);
      const [left, right] = [Int32Array.of(5), Int32Array.of(9)];
      const expected = [];
      for (const end of [left, right]) {
        expected.push(await run(suite.model, 0, Int32Array.of(...tokens, ...end), suite.count(10)));
        suite.model.release(0);
      }
      await feed(suite.model, 0, tokens);
      await feed(suite.model, 1, Int32Array.of(1, 2, 3));
      suite.model.copyPrefix(0, 1, tokens.length);
      expect(suite.model.length(1)).toBe(tokens.length);
      expect([
        await run(suite.model, 0, left, suite.count(10)),
        await run(suite.model, 1, right, suite.count(10)),
      ]).toEqual(expected);
    });

    it('keeps a copied prefix when its origin is released', async () => {
      const tokens = await suite.prompt(1);
      const expected = await run(suite.model, 0, tokens, suite.count(10));
      suite.model.copyPrefix(0, 1, tokens.length - 1);
      suite.model.release(0);
      expect(await run(suite.model, 1, tokens.slice(-1), suite.count(10))).toEqual(expected);
    });

    it('cuts a slot and continues from there', async () => {
      const tokens = await suite.prompt(1);
      const expected = await run(suite.model, 0, tokens, suite.count(10));
      suite.model.truncate(0, tokens.length - 2);
      expect(await run(suite.model, 0, tokens.slice(-2), suite.count(10))).toEqual(expected);
    });

    it('copies a prefix onto the same slot as a cut', async () => {
      const tokens = await suite.prompt(1);
      const expected = await run(suite.model, 0, tokens, suite.count(10));
      suite.model.copyPrefix(0, 0, tokens.length - 2);
      expect(await run(suite.model, 0, tokens.slice(-2), suite.count(10))).toEqual(expected);
    });

    it('parks a slot and continues it elsewhere, twice', async () => {
      const tokens = await suite.prompt(1);
      const expected = await run(suite.model, 0, tokens, suite.count(10));
      suite.model.truncate(0, tokens.length);
      await feed(suite.model, 1, Int32Array.of(1, 2, 3));
      const parked = suite.model.park(0);
      expect(parked.tokens).toBe(tokens.length);
      expect(parked.bytes).toBeGreaterThan(0);
      expect(suite.model.length(0)).toBe(0);
      for (const slot of [1, 3]) {
        suite.model.unpark(slot, parked);
        expect(suite.model.length(slot)).toBe(tokens.length);
        expect(await decode(suite.model, slot, expected[0]!, suite.count(10) - 1)).toEqual(
          expected.slice(1),
        );
      }
    });

    it('parks an empty slot', async () => {
      const parked = suite.model.park(0);
      await feed(suite.model, 0, await suite.prompt(0));
      suite.model.unpark(0, parked);
      expect(suite.model.length(0)).toBe(0);
    });

    it('forgets what a released slot held', async () => {
      const expected = await run(suite.model, 0, await suite.prompt(2), suite.count(10));
      await run(suite.model, 1, await suite.prompt(0), suite.count(10));
      suite.model.release(1);
      expect(suite.model.length(1)).toBe(0);
      expect(await run(suite.model, 1, await suite.prompt(2), suite.count(10))).toEqual(expected);
    });
  });

  describe('stopping', () => {
    it('aborts a running step and leaves every slot as it was', async () => {
      const [first, second] = [await suite.prompt(0), await suite.prompt(1)];
      const expected = [
        await run(suite.model, 0, first, suite.count(12)),
        await run(suite.model, 1, second, suite.count(12)),
      ];
      suite.model.truncate(0, first.length);
      suite.model.release(1);

      const running = suite.model.step({
        decodes: [{ slot: 0, token: expected[0]![0]! }],
        prefill: { slot: 1, tokens: second, from: 0, sample: true },
      });
      suite.model.abort();
      await expect(running).rejects.toMatchObject({ name: 'DeviceError', code: 'aborted' });

      expect([suite.model.length(0), suite.model.length(1)]).toEqual([first.length, 0]);
      const rest = await decode(suite.model, 0, expected[0]![0]!, suite.count(12) - 1);
      expect([expected[0]![0]!, ...rest]).toEqual(expected[0]);
      expect(await run(suite.model, 1, second, suite.count(12))).toEqual(expected[1]);
    });

    it('does not let an abort reach the next step', async () => {
      suite.model.abort();
      expect(await run(suite.model, 0, await suite.prompt(0), 4)).toHaveLength(4);
    });

    it('refuses everything else while a step runs', async () => {
      const tokens = await suite.prompt(0);
      await feed(suite.model, 1, tokens);
      const running = feed(suite.model, 0, tokens);
      await expect(suite.model.step({ decodes: [{ slot: 1, token: 1 }] })).rejects.toThrow(
        RangeError,
      );
      expect(() => suite.model.truncate(1, 0)).toThrow(RangeError);
      expect(() => suite.model.configure(1, greedy, tokens)).toThrow(RangeError);
      expect(() => suite.model.copyPrefix(1, 2, 1)).toThrow(RangeError);
      expect(() => suite.model.park(1)).toThrow(RangeError);
      expect(await running).toBeGreaterThanOrEqual(0);
      expect(suite.model.length(1)).toBe(tokens.length);
    });

    it('ends a running step when the model is disposed', async () => {
      const other = await suite.device.load({ path: suite.modelPath, slots: 1, kvTokens: 256 });
      const running = feed(other, 0, new Int32Array(200).fill(5));
      const ended = expect(running).rejects.toMatchObject({ code: 'aborted' });
      await other.dispose();
      await ended;
      await expect(feed(other, 0, Int32Array.of(1))).rejects.toBeInstanceOf(DeviceError);
    });
  });
}
