import { expect, test } from 'vitest';
import * as vscode from 'vscode';
import { Proposal, proposalsFor, type Target } from '../../../../extension/chat/apply/proposals.ts';

const target: Target = {
  uri: vscode.Uri.file('/workspace/a.ts'),
  languageId: 'typescript',
  lines: ['class A {', '  f() {', '    n++;', '  }', '}'],
  start: 1,
  end: 4,
};

test('a fix replaces the lines it was about', () => {
  const answer = 'So:\n```ts\nf() {\n  this.n++;\n}\n```\n';
  expect(proposalsFor('fix', target, answer)).toEqual([
    {
      kind: 'replace',
      uri: 'file:///workspace/a.ts',
      line: 1,
      original: '  f() {\n    n++;\n  }',
      text: '  f() {\n    this.n++;\n  }',
    },
  ]);
});

test.each([
  ['the code was not changed', '```ts\nf() {\n  n++;\n}\n```'],
  ['only a part is shown', '```ts\nthis.n++;\n```'],
  ['the block was cut off', '```ts\nf() {\n  this.n++;'],
  ['there is no code', 'It looks right.'],
  ['the code is in another language', '```bash\nnpm test\nnpm test\nnpm test\n```'],
])('nothing to apply when %s', (_name, answer) => {
  expect(proposalsFor('fix', target, answer)).toEqual([]);
});

test('documentation is put above the line that it must find again', () => {
  expect(proposalsFor('doc', target, '```ts\n/** Counts. */\n```')).toMatchObject([
    { kind: 'replace', line: 1, original: '  f() {', text: '  /** Counts. */\n  f() {' },
  ]);
});

test('tests become a file beside the code, or go to the cursor', () => {
  expect(proposalsFor('tests', target, '```ts\ntest();\n```')).toEqual([
    {
      kind: 'newFile',
      languageId: 'typescript',
      text: 'test();\n',
      uri: 'file:///workspace/a.test.ts',
    },
    { kind: 'insert', text: 'test();\n' },
  ]);
});

test('tests for an untitled document have no place', () => {
  const untitled = { ...target, uri: vscode.Uri.parse('untitled:Untitled-1') };
  expect(proposalsFor('tests', untitled, '```ts\ntest();\n```')[0]).not.toHaveProperty('uri');
});

test('an explanation is not applied', () => {
  expect(proposalsFor('explain', target, '```ts\nf() {\n  x();\n}\n```')).toEqual([]);
});

test('a button from an old conversation is checked', () => {
  expect(Proposal.safeParse({ kind: 'replace', uri: 'file:///a', line: -1 }).success).toBe(false);
  expect(Proposal.safeParse({ kind: 'insert', text: 'x' }).success).toBe(true);
});
