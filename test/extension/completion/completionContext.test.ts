import { afterEach, expect, test, vi } from 'vitest';
import type * as vscode from 'vscode';
import {
  CompletionContext,
  type ContextEdges,
} from '../../../extension/completion/completionContext.ts';
import { Declarations } from '../../../extension/completion/declarations.ts';
import { fake, Uri, type FakeDocument } from '../../support/fakeVscode.ts';

afterEach(() => fake.reset());

let trusted = true;
const edges: ContextEdges = {
  isTrusted: () => trusted,
  tabs: () => fake.documents.map(({ uri }) => uri.toString()),
  after: () => new Promise(() => undefined),
};
const noDeclarations = { near: () => Promise.resolve([]), forget: () => undefined };
const admits = (uri: vscode.Uri): boolean => !uri.path.endsWith('.env');

function open(name: string, text: string, version = 1): vscode.TextDocument {
  const uri = Uri.parse(`file:///workspace/${name}`);
  const document: FakeDocument = { uri, languageId: 'typescript', version, getText: () => text };
  fake.documents = [...fake.documents.filter((other) => other.uri.path !== uri.path), document];
  return document as unknown as vscode.TextDocument;
}

const context = (): CompletionContext => new CompletionContext(admits, noDeclarations, edges);

test('neighbours and edits elsewhere come with a request, in this order', async () => {
  const gatherer = context();
  open('parser.ts', 'parserInput parserOutput');
  gatherer.visit(open('edited.ts', 'one\ntwo'));
  gatherer.visit(open('edited.ts', 'one\n2', 2));
  const current = open('main.ts', 'parserInput parserOutput');
  await gatherer.refresh(current, 0);
  expect(gatherer.relatedFor(current)).toEqual([
    { kind: 'file', name: 'parser.ts', text: 'parserInput parserOutput' },
    { kind: 'edit', name: 'edited.ts', text: '@@ line 2 @@\n one\n-two\n+2' },
  ]);
});

test('a secret file gives neither pieces nor edits', async () => {
  const gatherer = context();
  gatherer.visit(open('.env', 'parserInput SECRET=1'));
  gatherer.visit(open('.env', 'parserInput SECRET=2', 2));
  const current = open('main.ts', 'parserInput SECRET');
  await gatherer.refresh(current, 0);
  expect(gatherer.relatedFor(current)).toEqual([]);
});

test('without trust nothing is gathered, nor used that was', async () => {
  const gatherer = context();
  open('parser.ts', 'parserInput');
  const current = open('main.ts', 'parserInput');
  await gatherer.refresh(current, 0);
  expect(gatherer.relatedFor(current)).toHaveLength(1);
  try {
    trusted = false;
    expect(gatherer.relatedFor(current)).toEqual([]);
  } finally {
    trusted = true;
  }
});

test('edits near the cursor are left out: the prompt has them', async () => {
  const gatherer = context();
  const lines = Array.from({ length: 200 }, (_, i) => `line ${i}`);
  gatherer.visit(open('main.ts', lines.join('\n')));
  const changed = lines.map((line, i) => (i === 150 ? 'changed' : line)).join('\n');
  const current = open('main.ts', changed, 2);
  await gatherer.refresh(current, 140);
  expect(gatherer.relatedFor(current)).toEqual([]);
  await gatherer.refresh(current, 2);
  expect(gatherer.relatedFor(current)).toMatchObject([{ kind: 'edit' }]);
});

test('a closed document is forgotten', async () => {
  const gatherer = context();
  open('parser.ts', 'parserInput');
  const current = open('main.ts', 'parserInput');
  await gatherer.refresh(current, 0);
  gatherer.forget(current);
  expect(gatherer.relatedFor(current)).toEqual([]);
});

const imports = "import { read } from './reader.ts';\nread();";
const place = { uri: Uri.file('/workspace/reader.ts') as unknown as vscode.Uri, line: 0 };

test('declarations are read where the language says, and kept', async () => {
  const define = vi.fn(() => Promise.resolve(place));
  const read = vi.fn(() => Promise.resolve('export function read(): string {\n  body;\n}'));
  const declarations = new Declarations(() => true, { define, read });
  const current = open('main.ts', imports);
  const forever = new Promise<void>(() => undefined);
  const expected = [{ name: 'reader.ts', text: 'export function read(): string {\n  body;\n}' }];
  expect(await declarations.near(current, 1, forever)).toEqual(expected);
  expect(await declarations.near(current, 1, forever)).toEqual(expected);
  expect(define).toHaveBeenCalledTimes(1);
  declarations.forget();
  await declarations.near(current, 1, forever);
  expect(define).toHaveBeenCalledTimes(2);
});

test('a name that nobody knows is asked for again after a while, not at once', async () => {
  let time = 0;
  const define = vi.fn(() => Promise.resolve<typeof place | undefined>(undefined));
  const read = (): Promise<string> => Promise.resolve('function read() {}');
  const declarations = new Declarations(
    () => true,
    { define, read },
    () => time,
  );
  const current = open('main.ts', imports);
  const forever = new Promise<void>(() => undefined);
  await declarations.near(current, 1, forever);
  await declarations.near(current, 1, forever);
  expect(define).toHaveBeenCalledTimes(1);
  time = 5000;
  define.mockResolvedValue(place);
  expect(await declarations.near(current, 1, forever)).toHaveLength(1);
});

test('a slow provider delays nobody, and its answer is there the next time', async () => {
  let answer: (found: typeof place) => void = () => undefined;
  const declarations = new Declarations(() => true, {
    define: () => new Promise((resolve) => (answer = resolve)),
    read: () => Promise.resolve('function read() {}'),
  });
  const current = open('main.ts', imports);
  expect(await declarations.near(current, 1, Promise.resolve())).toEqual([]);
  answer(place);
  await vi.waitUntil(async () => {
    const found = await declarations.near(current, 1, Promise.resolve());
    return found.length === 1;
  });
});

test.each([
  ['a place that is excluded', () => false, () => Promise.resolve('function read() {}')],
  ['a binary file', () => true, () => Promise.resolve('\0\0')],
  ['a file that is gone', () => true, () => Promise.reject(new Error('no such file'))],
])('%s gives no declaration', async (_, admitted, read) => {
  const declarations = new Declarations(admitted, { define: () => Promise.resolve(place), read });
  const forever = new Promise<void>(() => undefined);
  expect(await declarations.near(open('main.ts', imports), 1, forever)).toEqual([]);
});
