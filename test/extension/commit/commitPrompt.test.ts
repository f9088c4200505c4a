import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commitPrompt, isConventional } from '../../../extension/commit/commitPrompt.ts';
import { newFileDiff } from '../../../extension/commit/diff.ts';

const facts = {
  files: [newFileDiff('a.ts', 'let a;')],
  unseen: [],
  subjects: [],
  hint: '',
};

function asked(changes: Partial<Parameters<typeof commitPrompt>[0]>, characters = 10_000): string {
  return commitPrompt({ ...facts, ...changes }, characters).at(-1)?.content ?? '';
}

test('the diff stands in a block of its own, the task last', () => {
  const text = asked({});
  expect(text).toContain('```diff\ndiff --git a/a.ts b/a.ts');
  expect(text).toMatch(/Write the commit message for these changes\.$/);
});

test('earlier subjects give the style', () => {
  const text = asked({ subjects: ['Add a queue', 'Say why'] });
  expect(text).toMatch(/^The last commits of this project:\n- Add a queue\n- Say why\n\n/);
  expect(text).toMatch(/Follow their style and language\.$/);
  expect(asked({ subjects: ['feat: a queue'] })).toContain('with a type such as feat');
});

test('what is not shown is named, and what the author says is told', () => {
  const text = asked({ unseen: ['logo.png'], hint: 'for the new site' });
  expect(text).toContain('Changed too, not shown: logo.png');
  expect(text).toContain('The author says: for the new site');
});

test.each([
  [['feat: a', 'fix(core)!: b'], true],
  [['feat: a', 'Add b'], true],
  [['feat: a', 'Add b', 'Say c'], false],
  [['Note: this', 'http://x'], false],
  [[], false],
])('%j is conventional: %s', (subjects, conventional) => {
  expect(isConventional(subjects)).toBe(conventional);
});

test('it fits, however large the changes are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1500, max: 20_000 }),
      (lineCounts, characters) => {
        const files = lineCounts.map((count, i) =>
          newFileDiff(`${i}.ts`, Array.from({ length: count }, () => 'some line').join('\n')),
        );
        const messages = commitPrompt({ ...facts, files }, characters);
        const size = messages.reduce((sum, { content }) => sum + content.length, 0);
        // The notes of cut files come on top: a line each.
        expect(size).toBeLessThan(characters + 60 * files.length);
      },
    ),
  );
});
