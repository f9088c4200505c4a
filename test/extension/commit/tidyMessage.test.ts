import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tidyMessage } from '../../../extension/commit/tidyMessage.ts';

test.each([
  ['stays', 'Add a queue', 'Add a queue'],
  ['a fence', '```\nAdd a queue\n```', 'Add a queue'],
  [
    'a fence within talk',
    'Sure! Here it is:\n```text\nAdd a queue\n```\nLet me know!',
    'Add a queue',
  ],
  ['a fence that is not closed', '```\nAdd a queue', 'Add a queue'],
  ['an introduction', "Here's the commit message:\n\nAdd a queue", 'Add a queue'],
  ['an introduction in Chinese', '以下是提交信息：\n\n增加队列', '增加队列'],
  ['a label', 'Commit message: Add a queue', 'Add a queue'],
  ['quotation marks', '"Add a queue"', 'Add a queue'],
  ['emphasis and a label', '**Subject:** Add a queue', 'Add a queue'],
  ['a heading', '## Add a queue', 'Add a queue'],
  ['a list dash', '- Add a queue', 'Add a queue'],
  ['a full stop', 'Add a queue.', 'Add a queue'],
  [
    'an epilogue',
    'Add a queue\n\nIt is bounded.\n\nThis commit message follows the rules.',
    'Add a queue\n\nIt is bounded.',
  ],
  [
    'a repeated diff',
    'diff --git a/x b/x\n--- a/x\n+++ b/x\nAdd a queue\n@@ -1 +1 @@',
    'Add a queue',
  ],
  ['thinking', '<think>Hm.\n\nWell.</think>\nAdd a queue', 'Add a queue'],
  ['thinking without an end', '<think>Hm.', ''],
  ['template tokens', 'Add a queue<|im_end|>', 'Add a queue'],
  ['nothing', ' \n ', ''],
  ['only talk', 'Sure! Here is the commit message:', ''],
  ['a missing empty line', 'Add a queue\n- bounded\n- fair', 'Add a queue\n\n- bounded\n- fair'],
  ['conventional style', 'feat(core): add a queue', 'feat(core): add a queue'],
  ['a word in quotes', 'Rename "a" to "b"', 'Rename "a" to "b"'],
])('%s', (_name, raw, message) => {
  expect(tidyMessage(raw)).toBe(message);
});

test('a long first line ends at its sentence', () => {
  const raw =
    'Add a bounded queue. It is fair to all of its users and never grows beyond the limit that is set';
  expect(tidyMessage(raw)).toBe(
    'Add a bounded queue\n\nIt is fair to all of its users and never grows beyond the limit that is\nset',
  );
});

test('without a sentence it ends at a word, and goes on below', () => {
  const [subject = '', empty, body = ''] = tidyMessage(
    'Add a bounded queue that is fair to all of its users and never grows beyond the limit',
  ).split('\n');
  expect(subject).toMatch(/^Add a bounded queue .*…$/);
  expect(empty).toBe('');
  expect(body).toMatch(/^….* limit$/);
});

test('lists are wrapped below their text', () => {
  const words = Array.from({ length: 20 }, () => 'word').join(' ');
  const lines = tidyMessage(`Add\n\n- ${words}`).split('\n');
  expect(lines[3]).toMatch(/^ {2}word/);
});

test('lines have the usual length whenever their words allow it', () => {
  const word = fc.stringMatching(/^[a-zA-Z,.;:-]{1,14}$/);
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      for (const line of tidyMessage(words.join(' ')).split('\n')) {
        expect(line.length).toBeLessThanOrEqual(73);
      }
    }),
  );
});
