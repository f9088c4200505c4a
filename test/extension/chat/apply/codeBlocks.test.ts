import { expect, test } from 'vitest';
import {
  chooseBlock,
  codeBlocks,
  isFragment,
} from '../../../../extension/chat/apply/codeBlocks.ts';

test('blocks with their languages and lines', () => {
  const answer = 'Text\n```TS title="a"\nlet a;\n\nlet b;\n```\nmore\r\n~~~\r\nplain\r\n~~~\r\n';
  expect(codeBlocks(answer)).toEqual([
    { language: 'ts', text: 'let a;\n\nlet b;' },
    { language: '', text: 'plain' },
  ]);
});

test('a longer fence holds shorter ones', () => {
  expect(codeBlocks('````md\n```js\nx\n```\n````')).toEqual([
    { language: 'md', text: '```js\nx\n```' },
  ]);
});

test('in a list the indentation of the fence is taken off', () => {
  expect(codeBlocks('1. So:\n\n   ```py\n   def f():\n       pass\n   ```')).toEqual([
    { language: 'py', text: 'def f():\n    pass' },
  ]);
});

test('a block that was cut off is not one', () => {
  expect(codeBlocks('```ts\nlet a;')).toEqual([]);
});

const block = (language: string, lines: number): { language: string; text: string } => ({
  language,
  text: Array.from({ length: lines }, (_, i) => `${language}${i}`).join('\n'),
});

test.each([
  ['its language by a short name', [block('bash', 5), block('ts', 5)], 'typescript', 5, 1],
  ['a relative of its language', [block('js', 5)], 'typescript', 5, 0],
  ['the nearest in size', [block('py', 1), block('py', 9), block('py', 30)], 'python', 10, 1],
  ['the largest when no size is wanted', [block('go', 2), block('go', 8)], 'go', undefined, 1],
  ['one without a language, when none has its', [block('bash', 3), block('', 3)], 'go', 3, 1],
] as const)('chosen is %s', (_name, blocks, languageId, lines, index) => {
  expect(chooseBlock(blocks, languageId, lines)).toBe(blocks[index]);
});

test('a block in another language is never chosen', () => {
  expect(chooseBlock([block('bash', 5), block('json', 5)], 'python', 5)).toBeUndefined();
});

test('half of the lines are a fragment', () => {
  const original = block('ts', 10).text;
  expect(isFragment(block('ts', 4), original)).toBe(true);
  expect(isFragment(block('ts', 6), original)).toBe(false);
});

test('a block that begins inside of what it would replace is a part of it', () => {
  const original = 'export class Counter {\n  n = 0;\n  up() {\n    n++;\n  }\n}';
  const part = { language: 'ts', text: 'up() {\n  this.n++;\n}' };
  const whole = { language: 'ts', text: original.replace('n++', 'this.n++') };
  expect(isFragment(part, original)).toBe(true);
  expect(isFragment(whole, original)).toBe(false);
  expect(isFragment({ language: '', text: 'this.n++;' }, 'n++;')).toBe(false);
  expect(isFragment({ language: '', text: '})' }, '}')).toBe(false);
});
