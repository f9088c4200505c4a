import { expect, test } from 'vitest';
import * as vscode from 'vscode';
import { DocumentGate } from '../../extension/documentGate.ts';
import { excludePatterns } from '../../extension/settings.ts';

function document(uri: vscode.Uri, text = 'text'): { uri: vscode.Uri; getText(): string } {
  return { uri, getText: () => text };
}

function file(path: string): { uri: vscode.Uri; getText(): string } {
  return document(vscode.Uri.file(path));
}

/** Collects what got through. */
function sink<T>(): { got: T[]; next: (data: T) => Promise<void> } {
  const got: T[] = [];
  return { got, next: (data) => Promise.resolve(void got.push(data)) };
}

test.each([
  '/p/.env',
  '/p/.ENV',
  '/p/.env.local',
  '/p/prod.env',
  '/home/a/.ssh/config',
  '/home/a/.ssh/id_ed25519',
  '/backup/id_rsa.old',
  '/p/server.key',
  '/p/cert.PEM',
  '/home/a/.aws/credentials',
  '/home/a/.kube/config',
  '/p/.npmrc',
  '/p/secrets.yaml',
  '/p/service-account-prod.json',
  '/p/main.tfstate',
  '/c:/Users/a/.env',
])('by default %s stays in the editor', (path) => {
  const gate = new DocumentGate(excludePatterns());
  expect(gate.admits(vscode.Uri.file(path))).toBe(false);
});

test.each([
  '/p/main.ts',
  '/p/environment.ts',
  '/p/keyboard.ts',
  '/p/.github/workflows/ci.yml',
  '/p/env/index.js',
  '/p/tokenizer.json',
  '/p/package.json',
])('by default %s may be sent', (path) => {
  const gate = new DocumentGate(excludePatterns());
  expect(gate.admits(vscode.Uri.file(path))).toBe(true);
});

test.each([
  ['file:///a.ts', true],
  ['untitled:Untitled-1', true],
  ['vscode-notebook-cell:///a.ipynb', true],
  ['chatSessionInput:input-0', false],
  ['output:log', false],
  ['git:///a.ts', false],
  ['vscode-scm:git', false],
  ['untitled:.env', false],
])('%s is admitted: %s', (text, admitted) => {
  expect(new DocumentGate(['**/.env']).admits(vscode.Uri.parse(text))).toBe(admitted);
});

test('nothing of an excluded document gets through, from opening to closing', async () => {
  const gate = new DocumentGate(['**/.env']);
  const secret = file('/p/.env');
  const { got, next } = sink<unknown>();
  await gate.didOpen(secret, next);
  const event = { document: secret, contentChanges: [] } as unknown;
  await gate.didChange(event as vscode.TextDocumentChangeEvent, next);
  await gate.didClose(secret, next);
  expect(got).toEqual([]);
  expect(gate.isSent(secret.uri)).toBe(false);
});

test('an admitted document is opened, changed and closed once', async () => {
  const gate = new DocumentGate([]);
  const open = file('/p/a.ts');
  const { got, next } = sink<unknown>();
  const event = { document: open, contentChanges: [] } as unknown;
  await gate.didOpen(open, next);
  await gate.didChange(event as vscode.TextDocumentChangeEvent, next);
  expect(gate.isSent(open.uri)).toBe(true);
  await gate.didClose(open, next);
  await gate.didClose(open, next);
  expect(got).toEqual([open, event, open]);
});

test('a document too long for a frame is not opened', async () => {
  const gate = new DocumentGate([]);
  const { got, next } = sink<unknown>();
  const huge = document(vscode.Uri.file('/p/huge.json'), 'x'.repeat(1024 * 1024 + 1));
  await gate.didOpen(huge, next);
  expect(got).toEqual([]);
  expect(gate.isTooLong(huge.uri)).toBe(true);
  await gate.didClose(huge, next);
  expect(gate.isTooLong(huge.uri)).toBe(false);
});

test('new patterns revoke what was sent and grant what was not', async () => {
  const gate = new DocumentGate(['**/*.sql']);
  const [code, query] = [file('/p/a.ts'), file('/p/b.sql')];
  const { next } = sink<unknown>();
  await gate.didOpen(code, next);
  await gate.didOpen(query, next);
  expect(gate.setPatterns(['**/*.ts'], [code, query])).toEqual({
    revoked: [code],
    granted: [query],
  });
});

test('a new connection starts with nothing sent', async () => {
  const gate = new DocumentGate([]);
  const open = file('/p/a.ts');
  await gate.didOpen(open, sink().next);
  gate.reset();
  expect(gate.isSent(open.uri)).toBe(false);
});
