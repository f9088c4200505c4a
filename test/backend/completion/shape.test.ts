import { describe, expect, it } from 'vitest';
import { shapeAt, type Shape } from '../../../backend/completion/shape.ts';
import { cursorAt } from '../../support/cursorAt.ts';

describe('shapeAt', () => {
  it.each<[string, Shape]>([
    ['def add(a, b):‸', 'block'],
    ['def add(a, b):\n    ‸', 'block'],
    ['if (x) {\n  ‸\n}', 'block'],
    ['items.map((x) =>‸', 'block'],
    ['if x; then\n\t‸', 'block'],
    ['for x in y:  # each\n    ‸', 'block'],
    ['// Adds two numbers.\n‸', 'block'],
    ['    """Adds."""\n    ‸', 'block'],
    ['x = ‸', 'line'],
    ['x = 1\n‸', 'line'],
    ['foo(‸)', 'line'],
    ['print("‸")', 'line'],
    ['if (x) {‸}', 'line'],
    ['fo‸o', 'none'],
    ['größ‸e', 'none'],
    ['‸', 'none'],
    ['  \n ‸\n', 'none'],
    ['‸x = 1', 'none'],
    ['foo(‸, bar)', 'none'],
  ])('before the cursor only, %j is a %s', (marked, shape) => {
    expect(shapeAt(cursorAt(marked), { mode: 'prefix', invoked: false })).toBe(shape);
  });

  it.each<[string, Shape]>([
    ['foo(‸, bar)', 'line'],
    ['‸\nx = 1', 'line'],
    ['fo‸o', 'none'],
  ])('on both sides, %j is a %s', (marked, shape) => {
    expect(shapeAt(cursorAt(marked), { mode: 'fill-in', invoked: false })).toBe(shape);
  });

  it('allows several lines when asked by hand, unless the line goes on', () => {
    const invoked = (marked: string): Shape =>
      shapeAt(cursorAt(marked), { mode: 'prefix', invoked: true });
    expect(invoked('x = 1‸')).toBe('block');
    expect(invoked('foo(‸)')).toBe('line');
  });
});
