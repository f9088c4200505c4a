import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { questionOf } from '../../../extension/chat/question.ts';
import { DocumentGate } from '../../../extension/documentGate.ts';
import { fakeTextDocument, fakeTextEditor } from '../../support/fakeTextDocument.ts';
import { env, fake } from '../../support/fakeVscode.ts';

afterEach(() => {
  fake.reset();
  env.language = 'en';
});

const TEXT = 'class A {\r\n  f() {\r\n    n++;\r\n  }\r\n}\r\n\r\nlet b;';
const code = fakeTextDocument('/workspace/a.ts', 'typescript', TEXT);
const gate = new DocumentGate(['**/.env']);

/** The language's own outline: a class with one method. */
function withOutline(): void {
  const symbol = (name: string, kind: number, end: number, start: number, children: unknown[]) => ({
    name,
    kind,
    range: new vscode.Range(start, 0, end, 1),
    children,
  });
  fake.answers.set('vscode.executeDocumentSymbolProvider', () => [
    symbol('A', vscode.SymbolKind.Class, 4, 0, [symbol('f', vscode.SymbolKind.Method, 3, 1, [])]),
  ]);
}

function request(prompt: string, ...references: unknown[]) {
  return {
    prompt,
    references: references.map((value) => ({ id: 'vscode.file', value })),
  };
}

test('the selection is what a command is about, by whole lines', async () => {
  fake.activeEditor = fakeTextEditor(code, 1, 2);
  const { pieces, text, subject } = await questionOf(request(''), 'explain', gate);
  expect(pieces).toMatchObject([
    { title: 'File a.ts, from line 2:', text: '  f() {\n    n++;', languageId: 'typescript' },
  ]);
  expect(text).toContain('Explain the code above.');
  expect(subject?.kind).toBe('selection');
});

test('without a selection it is the function at the cursor', async () => {
  withOutline();
  fake.activeEditor = fakeTextEditor(code, 2);
  const { pieces, text } = await questionOf(request(''), 'doc', gate);
  expect(pieces[0]?.text).toBe('  f() {\n    n++;\n  }');
  expect(text).toContain('for `f` above');
});

test('without a symbol it is what is seen', async () => {
  fake.activeEditor = fakeTextEditor(code, 6);
  const { pieces, subject } = await questionOf(request(''), 'explain', gate);
  expect(subject?.kind).toBe('visible');
  expect(pieces[0]?.text).toBe(TEXT.replaceAll('\r\n', '\n'));
});

test('a symbol provider that fails costs nothing but the symbol', async () => {
  fake.answers.set('vscode.executeDocumentSymbolProvider', () => {
    throw new Error('no outline today');
  });
  fake.activeEditor = fakeTextEditor(code, 2);
  const { subject } = await questionOf(request(''), 'explain', gate);
  expect(subject?.kind).toBe('visible');
});

test('a fix is about the error, when there is none at the cursor', async () => {
  withOutline();
  const range = new vscode.Range(2, 4, 2, 5);
  fake.diagnostics = [{ range, severity: 0, message: 'Cannot find n.', source: 'ts' }];
  fake.activeEditor = fakeTextEditor(code, 6);
  const { text, subject } = await questionOf(request(''), 'fix', gate);
  expect(subject?.symbol).toBe('f');
  expect(text).toMatch(/^Reported problems:\nline 3: error \(ts\): Cannot find n\./);
});

test('tests are written with the framework of the folder', async () => {
  const text = JSON.stringify({ devDependencies: { mocha: '11' } });
  fake.files.set('/workspace/package.json', new TextEncoder().encode(text));
  fake.activeEditor = fakeTextEditor(code, 1, 2);
  const question = await questionOf(request(''), 'tests', gate);
  expect(question.text).toContain('with Mocha.');
  expect(question.text).toContain('`a.test.ts`');
});

test('an attached file is what a command is about, when nothing is selected', async () => {
  fake.files.set('/workspace/b.go', new TextEncoder().encode('package b'));
  fake.activeEditor = fakeTextEditor(code, 1);
  const uri = vscode.Uri.file('/workspace/b.go');
  const { pieces, subject } = await questionOf(request('', uri), 'explain', gate);
  expect(pieces.map(({ title }) => title)).toEqual(['File b.go:']);
  expect(subject).toBeUndefined();
});

test('with a selection an attached file is context', async () => {
  fake.files.set('/workspace/b.go', new TextEncoder().encode('package b'));
  fake.activeEditor = fakeTextEditor(code, 1, 2);
  const uri = vscode.Uri.file('/workspace/b.go');
  const { pieces } = await questionOf(request('', uri), 'explain', gate);
  expect(pieces.map(({ title }) => title)).toEqual(['File a.ts, from line 2:', 'File b.go:']);
});

test('an attached selection is the subject, once', async () => {
  fake.documents.push(code as never);
  const place = new vscode.Location(code.uri, new vscode.Range(1, 0, 3, 2));
  const { pieces, subject } = await questionOf(request('', place), 'fix', gate);
  expect(pieces.map(({ text }) => text)).toEqual(['  f() {\n    n++;\n  }']);
  expect(subject?.range.start.line).toBe(1);
});

test('what VS Code attaches by itself does not change what a command is about', async () => {
  fake.activeEditor = fakeTextEditor(code, 1, 2);
  const references = [
    { id: 'vscode.implicit.file', value: code.uri },
    {
      id: 'vscode.instructions.file.root__file:///AGENTS.md',
      value: vscode.Uri.file('/AGENTS.md'),
    },
    { id: 'vscode.customizations.index', value: '<agents>…</agents>' },
  ];
  const { pieces } = await questionOf({ prompt: '', references }, 'explain', gate);
  expect(pieces.map(({ title }) => title)).toEqual(['File a.ts, from line 2:']);
});

test('an editor of output is not what is meant', async () => {
  fake.activeEditor = fakeTextEditor(fakeTextDocument('output:log', 'log', 'line'), 0);
  const question = await questionOf(request(''), 'explain', gate);
  expect([question.skipped, question.text]).toEqual([[], '']);
});

test('the open file stays here when it is on the exclude list', async () => {
  const secret = fakeTextDocument('/workspace/.env', 'dotenv', 'PASSWORD=1');
  fake.activeEditor = fakeTextEditor(secret, 0);
  const { pieces, skipped, text } = await questionOf(request(''), 'explain', gate);
  expect(pieces).toEqual([]);
  expect(skipped).toEqual(['.env (on the exclude list)']);
  expect(text).toBe('');
});

test('with no editor and nothing attached there is nothing to ask about, unless something is said', async () => {
  expect((await questionOf(request(' '), 'explain', gate)).text).toBe('');
  const { text } = await questionOf(request('what is a monad?'), 'explain', gate);
  expect(text).toContain('what is a monad?');
});

test('the list of agents that VS Code attaches for its own is not sent', async () => {
  const references = [{ id: 'vscode.customizations.index', value: '<agents>…</agents>' }];
  const { pieces } = await questionOf({ prompt: 'hi', references }, undefined, gate);
  expect(pieces).toEqual([]);
});

test('a plain question is sent as it is typed', async () => {
  fake.activeEditor = fakeTextEditor(code, 1, 2);
  expect(await questionOf(request('hi'), undefined, gate)).toEqual({
    pieces: [],
    skipped: [],
    text: 'hi',
  });
});

test('explanations come in the language of the editor', async () => {
  env.language = 'zh-cn';
  fake.activeEditor = fakeTextEditor(code, 1, 2);
  const { text } = await questionOf(request(''), 'explain', gate);
  expect(text).toContain('Write your explanations in Chinese (China).');
});
