import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { readAttachments } from '../../extension/chatAttachments.ts';
import { fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

const uri = (name: string): vscode.Uri => vscode.Uri.file(`/workspace/${name}`);
const reference = (value: unknown): vscode.ChatPromptReference => ({ id: 'r', value });
const all = (): boolean => true;

function onDisk(name: string, text: string): void {
  fake.files.set(`/workspace/${name}`, new TextEncoder().encode(text));
}

test('no attachments, no text', async () => {
  expect(await readAttachments([], all, 1000)).toEqual({ text: '', used: [], skipped: [] });
});

test('a file comes with its name in a fence of its own', async () => {
  onDisk('a.ts', 'let a;');
  const { text, used } = await readAttachments([reference(uri('a.ts'))], all, 1000);
  expect(text).toBe('File a.ts:\n```\nlet a;\n```\n\n');
  expect(used).toEqual([uri('a.ts')]);
});

test('text that holds fences cannot close its own', async () => {
  onDisk('a.md', 'x\n````\ny');
  const { text } = await readAttachments([reference(uri('a.md'))], all, 1000);
  expect(text).toBe('File a.md:\n`````\nx\n````\ny\n`````\n\n');
});

test('what is in the editor counts more than what is on disk', async () => {
  onDisk('a.ts', 'old');
  const document = { uri: uri('a.ts'), languageId: 'typescript', version: 2, getText: () => 'new' };
  fake.documents.push(document as unknown as (typeof fake.documents)[number]);
  const { text } = await readAttachments([reference(uri('a.ts'))], all, 1000);
  expect(text).toContain('new');
});

test('a selection gives its whole lines, and where they start', async () => {
  onDisk('a.ts', 'zero\r\none\r\ntwo\r\nthree');
  const place = new vscode.Location(uri('a.ts'), new vscode.Range(1, 2, 3, 0));
  const { text, used } = await readAttachments([reference(place)], all, 1000);
  expect(text).toBe('File a.ts, from line 2:\n```\none\ntwo\n```\n\n');
  expect(used).toEqual([place]);
});

test('an empty selection gives its line', async () => {
  onDisk('a.ts', 'zero\none');
  const place = new vscode.Location(uri('a.ts'), new vscode.Range(0, 0, 0, 0));
  const { text } = await readAttachments([reference(place)], all, 1000);
  expect(text).toContain('\nzero\n');
});

test('text comes under its description', async () => {
  const plain = { ...reference('the text'), modelDescription: 'Terminal output:' };
  const { text } = await readAttachments([plain], all, 1000);
  expect(text).toBe('Terminal output:\n```\nthe text\n```\n\n');
});

test('excluded, vanished and binary files are named with the reason, and never read', async () => {
  onDisk('pic.png', 'PNG\0');
  const read: string[] = [];
  const { text, used, skipped } = await readAttachments(
    ['.env', 'gone.ts', 'pic.png'].map((name) => reference(uri(name))),
    ({ path }) => !path.endsWith('.env'),
    1000,
    (place) => {
      read.push(place.path);
      return place.path.endsWith('png') ? Promise.resolve('PNG\0') : Promise.reject(new Error());
    },
  );
  expect(text).toBe('');
  expect(used).toEqual([]);
  expect(skipped).toEqual([
    '.env (on the exclude list)',
    'gone.ts (cannot be read)',
    'pic.png (not text)',
  ]);
  expect(read).toEqual(['/workspace/gone.ts', '/workspace/pic.png']);
});

test('a file that is too long is cut after a whole line, and that is said', async () => {
  onDisk('a.ts', 'first line\nsecond line\nthird line');
  const { text, skipped } = await readAttachments([reference(uri('a.ts'))], all, 25);
  expect(text).toContain('first line\nsecond line\n```');
  expect(text).not.toContain('third');
  expect(skipped).toEqual(['the end of File a.ts (too long)']);
});

test('values of a kind that is not known are left alone', async () => {
  expect((await readAttachments([reference({ some: 'object' })], all, 100)).text).toBe('');
});
