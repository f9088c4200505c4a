import { expect, it } from 'vitest';
import { parkBudget } from '../../../backend/host/parkBudget.ts';

it.each([
  [4, 0.5],
  [16, 1],
  [24, 1.5],
  [256, 2],
])('parks, on a machine with %d GiB, up to %d', (memory, budget) => {
  expect(parkBudget(memory * 2 ** 30)).toBe(budget * 2 ** 30);
});
