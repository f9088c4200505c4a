import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  follow,
  isRestOf,
  outcomeOf,
  type ShownSuggestion,
  type TextChange,
} from '../../../extension/completion/shownSuggestion.ts';

const shown: ShownSuggestion = {
  anchor: 100,
  texts: ['call(first, second);', 'call(other);'],
  reached: 0,
  accepted: 0,
};

const insert = (rangeOffset: number, text: string): TextChange => ({
  rangeOffset,
  rangeLength: 0,
  text,
});

/** Follows all changes; undefined once the document left the suggestion. */
function followAll(changes: readonly TextChange[], from = shown): ShownSuggestion | undefined {
  let state = from;
  for (const change of changes) {
    const step = follow(state, change);
    if (step.kind === 'left') return undefined;
    state = step.next;
  }
  return state;
}

const typed = (text: string, at = 100): TextChange[] =>
  Array.from(text, (key, i) => insert(at + i, key));

test.each<[string, TextChange[], string | undefined]>([
  ['nothing', [], 'shown'],
  ['Tab', [insert(100, 'call(first, second);')], 'accepted'],
  ['Tab on an alternative', [insert(100, 'call(other);')], 'accepted'],
  ['the next word', [insert(100, 'call')], 'partly'],
  ['word by word to the end', [insert(100, 'call'), insert(104, '(other);')], 'accepted'],
  ['a word, then typing', [insert(100, 'call'), ...typed('(fi', 104)], 'partly'],
  ['keys that agree', typed('call('), 'shown'],
  ['all of its keys', typed('call(other);'), 'typedThrough'],
  ['keys, then Tab', [...typed('ca'), insert(102, 'll(other);')], 'accepted'],
  [
    'keys, then Tab as an edit over what was typed',
    [...typed('ca'), { rangeOffset: 100, rangeLength: 2, text: 'call(other);' }],
    'accepted',
  ],
  [
    'keys and backspace',
    [...typed('cal'), { rangeOffset: 102, rangeLength: 1, text: '' }],
    'shown',
  ],
  ['a bracket that the editor closes', [...typed('call'), insert(104, '()')], 'shown'],
  ['another key', [...typed('ca'), insert(102, 'x')], undefined],
  ['undo of what was before it', [{ rangeOffset: 98, rangeLength: 4, text: '' }], undefined],
  ['an edit far behind', [insert(900, 'more')], 'shown'],
])('%s', (_, changes, outcome) => {
  const state = followAll(changes);
  expect(state && outcomeOf(state)).toBe(outcome);
});

test('text before it moves it', () => {
  expect(followAll([insert(10, 'four')])?.anchor).toBe(104);
  expect(followAll([{ rangeOffset: 10, rangeLength: 6, text: '' }])?.anchor).toBe(94);
});

test('undoing an acceptance takes it back', () => {
  const undone = followAll([insert(100, 'call'), { rangeOffset: 100, rangeLength: 4, text: '' }]);
  expect(undone && outcomeOf(undone)).toBe('shown');
});

test('the rest is told from a new suggestion', () => {
  const half = followAll(typed('call'));
  if (!half) throw new Error('left');
  expect(isRestOf(half, 104, '(first, second);')).toBe(true);
  expect(isRestOf(half, 104, '(third);')).toBe(false);
  expect(isRestOf(half, 100, 'call(other);')).toBe(true);
  expect(isRestOf(half, 99, 'x')).toBe(false);
  expect(isRestOf(half, 106, 'irst, second);')).toBe(false);
});

test('however a suggestion is cut into keys and words, it ends up complete', () => {
  const unit = fc.constantFrom('a', 'b', '(', ';', ' ', '\r\n', 'é', '😀');
  fc.assert(
    fc.property(
      fc.string({ unit, minLength: 2, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 60, maxLength: 60 }),
      (text, lengths) => {
        const first: ShownSuggestion = { anchor: 7, texts: [text], reached: 0, accepted: 0 };
        const changes: TextChange[] = [];
        let accepted = 0;
        for (let at = 0; at < text.length;) {
          const part = text.slice(at, at + (lengths[changes.length] ?? 1));
          changes.push(insert(7 + at, part));
          if (part.length > 1) accepted += part.length;
          at += part.length;
        }
        expect(followAll(changes, first)).toMatchObject({ reached: text.length, accepted });
      },
    ),
  );
});
