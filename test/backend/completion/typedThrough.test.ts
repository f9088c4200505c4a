import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SuggestionCache, type Suggestion } from '../../../backend/completion/suggestionCache.ts';
import { typedSince } from '../../../backend/completion/typedThrough.ts';
import { cursorAt } from '../../support/cursorAt.ts';

describe('typedSince', () => {
  it.each([
    ['a‸', 'a‸', { text: '', closers: '' }],
    ['x = ‸\ny', 'x = ab‸\ny', { text: 'ab', closers: '' }],
    ['a‸\nz', 'a\n  b‸\nz', { text: '\n  b', closers: '' }],
    ['a‸\r\nz', 'a\r\n  b‸\r\nz', { text: '\n  b', closers: '' }],
    ['foo‸\nz', 'foo(‸)\nz', { text: '(', closers: ')' }],
    ['foo‸', 'foo("‸")', { text: '("', closers: '")' }],
    ['ab‸', 'a‸', undefined],
    ['a\nb‸', 'a‸', undefined],
    ['a‸', 'b‸', undefined],
    ['a‸b', 'a‸c', undefined],
    ['x = ‸', 'y\nx = ‸', undefined],
    ['foo‸', 'foo(‸]x', undefined],
    ['‸', 'q‸', { text: 'q', closers: '' }],
    ['‸x', '‸', undefined],
    ['‸', '‸)', { text: '', closers: ')' }],
  ])('from %j to %j', (earlier, later, typed) => {
    expect(typedSince(cursorAt(earlier), cursorAt(later))).toEqual(typed);
  });

  it('sees through a window that moves while typing', () => {
    const head = 'some = line_of_code\n'.repeat(300);
    const tail = '\nmore = lines'.repeat(300);
    for (let typed = 0; typed < 400; typed += 7) {
      const now = cursorAt(`${head}${'y'.repeat(typed)}‸${tail}`);
      expect(typedSince(cursorAt(`${head}‸${tail}`), now)?.text).toBe('y'.repeat(typed));
    }
  });

  const text = fc.array(fc.constantFrom('a', 'b', '\n', ' ', '(', ')', '\r\n', '😀'), {
    maxLength: 12,
  });

  it('finds exactly what was typed between equal surroundings', () => {
    fc.assert(
      fc.property(text, text, text, (before, typed, after) => {
        const marked = (parts: string[][]): string => parts.map((part) => part.join('')).join('‸');
        const full = `${before.join('')}${typed.join('')}`;
        // A cursor between the two halves of a line end moves, as LSP says.
        fc.pre(!before.join('').endsWith('\r') && !full.endsWith('\r'));
        const found = typedSince(
          cursorAt(marked([before, after])),
          cursorAt(marked([[full], after])),
        );
        expect(found).toEqual({ text: typed.join('').replaceAll('\r\n', '\n'), closers: '' });
      }),
    );
  });
});

const ended = (text: string): Pick<Suggestion, 'made' | 'ending'> => ({
  made: { text, fate: text === '' ? 'nothing' : 'suggested' },
  ending: 'itself',
});

describe('SuggestionCache', () => {
  const cache = new SuggestionCache();
  const shape = 'line';
  cache.add({ context: { cursor: cursorAt('x = ‸'), shape }, model: 'm', ...ended('foo(a, b)') });
  cache.add({ context: { cursor: cursorAt('y = ‸'), shape }, model: 'm', ...ended('') });
  const find = (marked: string, model = 'm'): string | undefined =>
    cache.find({ cursor: cursorAt(marked), shape }, model)?.text;

  it.each([
    ['x = ‸', 'foo(a, b)'],
    ['x = fo‸', 'o(a, b)'],
    ['x = foo(‸)', 'a, b'],
    ['x = foo(a, b)‸', ''],
    ['x = foo(a, b)‸ + 1', undefined],
    ['x = foo(a, b);‸', undefined],
    ['x = fa‸', undefined],
    ['y = ‸', ''],
    ['y = a‸', undefined],
    ['z = ‸', undefined],
  ])('has for %j: %j', (marked, rest) => {
    expect(find(marked)).toBe(rest);
  });

  it('keeps models and shapes apart', () => {
    expect(find('x = ‸', 'other')).toBeUndefined();
    expect(cache.find({ cursor: cursorAt('x = ‸'), shape: 'block' }, 'm')).toBeUndefined();
  });

  it('forgets the oldest', () => {
    const small = new SuggestionCache();
    for (let index = 0; index < 33; index++) {
      const cursor = cursorAt(`x${index} = ‸`);
      small.add({ context: { cursor, shape }, model: 'm', ...ended('1') });
    }
    const known = (index: number): string | undefined =>
      small.find({ cursor: cursorAt(`x${index} = ‸`), shape }, 'm')?.text;
    expect([known(0), known(1), known(32)]).toEqual([undefined, '1', '1']);
  });
});
