import { expect, it } from 'vitest';
import { ParkedStore } from '../../../backend/host/parkedStore.ts';

const slot = (bytes: number) => ({ tokens: 1, bytes });
const held = (store: ParkedStore): (readonly number[])[] =>
  store.views().map(({ tokens }) => tokens);

it('keeps within its budget by giving up what was used longest ago', () => {
  const store = new ParkedStore(100);
  store.add([1], slot(40));
  store.add([2], slot(40));
  store.use(store.views()[0]!.key);
  store.add([3], slot(40));
  expect(held(store)).toEqual([[1], [3]]);
});

it('does not take what is larger than its budget, and keeps what it has', () => {
  const store = new ParkedStore(100);
  store.add([1], slot(40));
  store.add([1, 2], slot(101));
  expect(held(store)).toEqual([[1]]);
});

it('gives up what a newer one begins with, and nothing else', () => {
  const store = new ParkedStore(100);
  store.add([1, 2], slot(1));
  store.add([1, 9], slot(1));
  store.add([1, 2, 3], slot(1));
  expect(held(store)).toEqual([
    [1, 9],
    [1, 2, 3],
  ]);
});

it('gives back the very slot, and refuses an unknown key', () => {
  const store = new ParkedStore(100);
  const parked = slot(5);
  store.add([1], parked);
  expect(store.use(0).slot).toBe(parked);
  expect(() => store.use(1)).toThrow(RangeError);
});
