import { expect, test } from 'vitest';
import { promptFor } from '../../../extension/chat/prompts.ts';

const about = { languageId: 'go', symbol: 'Sum', request: '' };

test.each([
  ['explain', ['Explain `Sum` above.']],
  ['fix', ['Find and correct the mistakes in `Sum` above.', 'one go code block']],
  ['tests', ['Write unit tests for `Sum` above.', 'the whole test file']],
  ['doc', ['Write the documentation comment for `Sum` above', 'without the code']],
] as const)('/%s says what to do with the code above', (command, sentences) => {
  const prompt = promptFor(command, about);
  for (const sentence of sentences) expect(prompt).toContain(sentence);
});

test('without a symbol it is the code above', () => {
  expect(promptFor('explain', { request: '' })).toContain('Explain the code above.');
});

test('reported problems come before the task', () => {
  const prompt = promptFor('fix', { ...about, diagnostics: 'line 3: error: no such name' });
  expect(prompt).toMatch(/^Reported problems:\nline 3: error: no such name\n\nFind and correct/);
});

test('tests name the framework and the file', () => {
  const prompt = promptFor('tests', { ...about, framework: 'Vitest', testFile: 'sum.test.ts' });
  expect(prompt).toContain('with Vitest.');
  expect(prompt).toContain('`sum.test.ts`');
});

test('Python is documented by docstrings', () => {
  expect(promptFor('doc', { languageId: 'python', request: '' })).toContain('the docstring for');
});

test('the person’s own words come last, and choose the language of the answer', () => {
  const facts = { ...about, proseLanguage: 'Chinese' };
  expect(promptFor('explain', facts)).toMatch(/Write your explanations in Chinese\.$/);
  const asked = promptFor('explain', { ...facts, request: 'in one sentence' });
  expect(asked).toMatch(/\n\nin one sentence$/);
  expect(asked).not.toContain('Chinese');
});
