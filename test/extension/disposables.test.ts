import { expect, test } from 'vitest';
import { Disposables } from '../../extension/disposables.ts';

test('disposes newest first, each once, and late arrivals at once', () => {
  const order: string[] = [];
  const item = (name: string): { dispose(): void } => ({ dispose: () => order.push(name) });
  const own = new Disposables();
  own.add(item('first'));
  own.add(item('second'));
  own.dispose();
  own.dispose();
  expect(order).toEqual(['second', 'first']);
  own.add(item('late'));
  expect(order).toEqual(['second', 'first', 'late']);
});
