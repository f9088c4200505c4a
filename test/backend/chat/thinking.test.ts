import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerSplitter } from '../../../backend/chat/thinking.ts';

function split(pieces: string[], thinkingOpen = false): { text: string; thinking: string } {
  const splitter = new AnswerSplitter(thinkingOpen);
  const parts = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
  const joined = (kind: string): string =>
    parts
      .filter((part) => part.kind === kind)
      .map(({ text }) => text)
      .join('');
  expect({ text: splitter.text, thinking: splitter.thinking }).toEqual({
    text: joined('text'),
    thinking: joined('thinking'),
  });
  return { text: splitter.text, thinking: splitter.thinking };
}

const cases: [string, boolean, string, string][] = [
  ['plain text', false, 'plain text', ''],
  ['  spaced\n', false, 'spaced', ''],
  ['<think>\nhm\n</think>\n\nYes.', false, 'Yes.', 'hm'],
  ['hm\n</think>\n\nYes.', true, 'Yes.', 'hm'],
  ['<think>\n\n</think>\n\nYes.', false, 'Yes.', ''],
  ['<think>never closed', false, '', 'never closed'],
  ['<think>a < b && c</think>ok', false, 'ok', 'a < b && c'],
  ['One.\n<think>again</think>\nTwo.', false, 'One.\n\nTwo.', 'again'],
  ['Models write `<think>` first.', false, 'Models write `<think>` first.', ''],
  ['Yes.\n</think>\nMore.', false, 'Yes.\n\nMore.', ''],
  ['a <b> tag and a <thin', false, 'a <b> tag and a <thin', ''],
  ['<thi', false, '<thi', ''],
];

describe('AnswerSplitter', () => {
  it.each(cases)('parts %j (open: %s)', (answer, open, text, thinking) => {
    expect(split([answer], open)).toEqual({ text, thinking });
  });

  it.each(cases)(
    'parts %j (open: %s) the same one character at a time',
    (answer, open, text, thinking) => {
      expect(split(answer.split(''), open)).toEqual({ text, thinking });
    },
  );

  it('gives text out before the answer ends', () => {
    const splitter = new AnswerSplitter(false);
    expect(splitter.push('Hello, wor')).toEqual([{ kind: 'text', text: 'Hello, wor' }]);
    expect(splitter.push('ld')).toEqual([{ kind: 'text', text: 'ld' }]);
  });

  const parts = fc.array(
    fc.constantFrom('<think>', '</think>', '<', 'th', 'ink>', '\n', ' ', 'word', '/'),
    {
      maxLength: 20,
    },
  );

  it('does not depend on where the stream is cut, and gives no part a tag of its own', () => {
    fc.assert(
      fc.property(parts, fc.boolean(), (pieces, open) => {
        const streamed = split(pieces, open);
        expect(streamed).toEqual(split([pieces.join('')], open));
        expect(streamed.thinking).not.toContain('</think>');
        expect(streamed.text).not.toMatch(/^\s*<\/?think>/m);
      }),
    );
  });
});
