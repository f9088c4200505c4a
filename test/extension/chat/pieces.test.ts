import { expect, test } from 'vitest';
import * as vscode from 'vscode';
import { compose, fenced } from '../../../extension/chat/pieces.ts';

const uri = vscode.Uri.file('/workspace/a.ts');

test('no pieces, no text', () => {
  expect(compose([], 1000)).toEqual({ text: '', used: [], cut: [] });
});

test('a piece comes with its title, in a fence with its language', () => {
  const piece = { title: 'File a.ts:', text: 'let a;', languageId: 'typescript', place: uri };
  expect(compose([piece], 100)).toEqual({
    text: 'File a.ts:\n```typescript\nlet a;\n```\n\n',
    used: [uri],
    cut: [],
  });
});

test('text that holds fences cannot close its own', () => {
  expect(fenced('x\n````\ny')).toBe('`````\nx\n````\ny\n`````');
});

test('a piece that is too long is cut after a whole line, and that is said', () => {
  const piece = { title: 'File a.ts:', text: 'first line\nsecond line\nthird line' };
  const { text, cut } = compose([piece], 25);
  expect(text).toContain('first line\nsecond line\n```');
  expect(text).not.toContain('third');
  expect(cut).toEqual(['the end of File a.ts (too long)']);
});

test('what the question is about has precedence; the others share what is left', () => {
  const lines = (name: string): string => Array.from({ length: 20 }, () => name).join('\n');
  const pieces = ['subject', 'one', 'two'].map((name) => ({
    title: `${name}:`,
    text: lines(name),
  }));
  const { text, cut } = compose(pieces, 200);
  expect(text.match(/subject$/gm)).toHaveLength(20);
  expect(text.match(/^one$/gm)?.length).toBeGreaterThan(2);
  expect(text.match(/^two$/gm)?.length).toBe(text.match(/^one$/gm)?.length);
  expect(cut).toEqual(['the end of one (too long)', 'the end of two (too long)']);
});

test('a minified line with no room is left out and named, not shown as used', () => {
  const piece = { title: 'File min.js:', text: 'x'.repeat(100_000), place: uri };
  expect(compose([piece], 1000)).toEqual({
    text: '',
    used: [],
    cut: ['the end of File min.js (too long)'],
  });
});
