/** What every RequestQueue must do, wherever it keeps its items. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { orderKey } from '../../backend/host/classOrder.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import { RequestClass } from '../../backend/protocol/generation.ts';
import type { QueueItem, RequestQueue } from '../../backend/scheduling/requestQueue.ts';

/** A queue under test, with its clock. */
export interface QueueUnderTest {
  readonly queue: RequestQueue<string>;
  readonly now: () => number;
  /** Let so many ms pass for the queue. */
  readonly pass: (ms: number) => Promise<void>;
  readonly dispose: () => Promise<void>;
}

const everything = Object.fromEntries(RequestClass.options.map((name) => [name, Infinity]));
const never = new AbortController().signal;
const nameOf = (error: unknown): string =>
  error instanceof PilotError ? error.errorName : error instanceof Error ? error.name : 'unknown';

export function testQueue(
  name: string,
  create: (options: { limit: number }) => Promise<QueueUnderTest>,
): void {
  describe(`${name} as a RequestQueue`, () => {
    let current: QueueUnderTest | undefined;
    let ids = 0;

    afterEach(async () => {
      await current?.dispose();
      current = undefined;
    });

    async function start(limit = 100): Promise<QueueUnderTest> {
      await current?.dispose();
      current = await create({ limit });
      return current;
    }
    const item = (changes: Partial<QueueItem<string>> = {}): QueueItem<string> => ({
      id: `request ${ids++}`,
      class: 'chat',
      model: 'm',
      tokens: 10,
      arrivedAt: current?.now() ?? 0,
      payload: 'payload',
      ...changes,
    });
    /** Enqueue, and note how it went. */
    function put(one: QueueItem<string>, signal = never): { fate: Promise<string> } {
      const taken = current!.queue.enqueue(one, signal);
      return { fate: taken.then(() => 'taken', nameOf) };
    }
    const take = (room = everything, model = 'm'): Promise<QueueItem<string> | undefined> =>
      current!.queue.take({ model, room });
    async function drain(): Promise<QueueItem<string>[]> {
      const items: QueueItem<string>[] = [];
      for (let next = await take(); next !== undefined; next = await take()) items.push(next);
      return items;
    }

    it('gives nothing when nothing waits', async () => {
      await start();
      expect(await take()).toBeUndefined();
      expect(await current!.queue.size()).toBe(0);
    });

    it('gives the whole item, and tells the one who waits', async () => {
      await start();
      const one = item({ deadlineMs: 1000, payload: '你好' });
      const { fate } = put(one);
      expect(await take()).toEqual(one);
      expect(await fate).toBe('taken');
      expect(await current!.queue.size()).toBe(0);
    });

    it('treats equal prompts as two requests', async () => {
      await start();
      void put(item({ payload: 'same' }));
      void put(item({ payload: 'same' }));
      const [first, second] = await drain();
      expect([first?.payload, second?.payload]).toEqual(['same', 'same']);
      expect(first?.id).not.toBe(second?.id);
    });

    it('orders by class, and by arrival within a class', async () => {
      const { pass } = await start();
      const order: RequestClass[] = ['warmup', 'chat', 'batch', 'completion', 'agent', 'chat'];
      const put6: QueueItem<string>[] = [];
      for (const name of order) {
        const one = item({ class: name });
        put6.push(one);
        void put(one);
        await pass(1);
      }
      const expected = [3, 1, 5, 4, 2, 0].map((at) => put6[at]!.id);
      expect((await drain()).map(({ id }) => id)).toEqual(expected);
    });

    it('lets nobody starve: in time every class passes newer completions', async () => {
      for (const name of RequestClass.options) {
        await start();
        const old = item({ class: name });
        void put(old);
        await current!.pass(orderKey(name, 0) + 1);
        void put(item({ class: 'completion' }));
        expect((await take())?.id).toBe(old.id);
      }
    });

    it('loses nothing, doubles nothing and keeps the order, whatever comes', async () => {
      const event = fc.record({
        class: fc.constantFrom(...RequestClass.options),
        wait: fc.integer({ min: 0, max: 20_000 }),
        takes: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
          await start();
          const waiting: QueueItem<string>[] = [];
          const key = (one: QueueItem<string>): number => orderKey(one.class, one.arrivedAt);
          const checkTake = async (): Promise<void> => {
            const [expected] = waiting.toSorted((a, b) => key(a) - key(b));
            const taken = await take();
            expect(taken?.id).toBe(expected?.id);
            waiting.splice(
              waiting.findIndex((one) => one.id === taken?.id),
              taken ? 1 : 0,
            );
          };
          for (const { class: name, wait, takes } of events) {
            const one = item({ class: name });
            waiting.push(one);
            void put(one);
            await current!.pass(wait);
            if (takes) await checkTake();
          }
          while (waiting.length > 0) await checkTake();
          expect(await take()).toBeUndefined();
        }),
        { numRuns: 50 },
      );
    });

    it('gives a worker only its model and its classes', async () => {
      await start();
      void put(item({ class: 'completion', model: 'other' }));
      const chat = item({ class: 'chat' });
      void put(chat);
      expect(await take({ completion: Infinity })).toBeUndefined();
      expect((await take({ completion: Infinity, chat: Infinity }))?.id).toBe(chat.id);
      expect((await take(everything, 'other'))?.model).toBe('other');
    });

    it('gathers room for a large item, while more urgent classes pass it', async () => {
      await start();
      const large = item({ class: 'agent', tokens: 100 });
      const equal = item({ class: 'agent', tokens: 1 });
      const lesser = item({ class: 'batch', tokens: 1 });
      for (const one of [large, equal, lesser]) void put(one);
      await current!.pass(60_000); // so that the large one is first in line
      const urgent = item({ class: 'completion', tokens: 1 });
      void put(urgent);
      const room = Object.fromEntries(RequestClass.options.map((name) => [name, 50]));
      expect((await take(room))?.id).toBe(urgent.id);
      expect(await take(room)).toBeUndefined();
      expect((await take({ ...room, agent: 100 }))?.id).toBe(large.id);
    });

    it('refuses a late item, before its deadline never', async () => {
      const { pass } = await start();
      const { fate } = put(item({ deadlineMs: 500 }));
      await pass(499);
      expect(await current!.queue.size()).toBe(1);
      await pass(1);
      expect(await fate).toBe('deadlineExceeded');
      expect(await take()).toBeUndefined();
    });

    it('counts a deadline from the arrival', async () => {
      const { pass } = await start();
      await pass(1000);
      const { fate } = put(item({ arrivedAt: current!.now() - 600, deadlineMs: 500 }));
      await pass(0);
      expect(await take()).toBeUndefined();
      expect(await fate).toBe('deadlineExceeded');
    });

    it('forgets a cancelled item', async () => {
      await start();
      const cancel = new AbortController();
      const { fate } = put(item(), cancel.signal);
      cancel.abort();
      expect(await fate).toBe('AbortError');
      expect(await take()).toBeUndefined();
      expect(await put(item(), cancel.signal).fate).toBe('AbortError');
    });

    it('is bounded, and says when to come again', async () => {
      await start(2);
      void put(item());
      void put(item());
      const refused = await current!.queue.enqueue(item(), never).catch((error: unknown) => error);
      expect(refused).toMatchObject({ errorName: 'overloaded' });
      const { retryAfterMs } = (refused as PilotError).data;
      expect(retryAfterMs).toBeGreaterThan(0);
      expect((await drain()).length).toBe(2);
      void put(item());
      expect(await current!.queue.size()).toBe(1);
    });

    it('is not full for a class because less urgent ones wait', async () => {
      await start(2);
      for (let i = 0; i < 2; i++) void put(item({ class: 'warmup' }));
      expect(await put(item({ class: 'warmup' })).fate).toBe('overloaded');
      void put(item({ class: 'completion' }));
      expect((await take())?.class).toBe('completion');
    });

    it('takes back an item to its old place, also when it is full', async () => {
      const { pass } = await start(1);
      const first = item();
      void put(first);
      await take();
      await pass(10);
      void put(item());
      void current!.queue.giveBack(first, never);
      expect((await take())?.id).toBe(first.id);
    });

    it('says when something has come', async () => {
      await start();
      let arrivals = 0;
      const end = current!.queue.onArrival(() => arrivals++);
      void put(item());
      await current!.pass(0);
      expect(arrivals).toBe(1);
      end();
      void put(item());
      await current!.pass(0);
      expect(arrivals).toBe(1);
    });

    it('tells everybody when it closes', async () => {
      await start();
      const { fate } = put(item());
      await current!.queue.close();
      expect(await fate).toBe('draining');
      expect(await put(item()).fate).toBe('draining');
    });
  });
}
