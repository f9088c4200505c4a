import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { readAttachments } from '../../../extension/chat/attachments.ts';
import { editorFiles, type Files } from '../../../extension/chat/files.ts';
import { fake } from '../../support/fakeVscode.ts';

afterEach(() => fake.reset());

const uri = (name: string): vscode.Uri => vscode.Uri.file(`/workspace/${name}`);
const reference = (value: unknown): vscode.ChatPromptReference => ({ id: 'r', value });
const all = (): boolean => true;

function onDisk(name: string, text: string): void {
  fake.files.set(`/workspace/${name}`, new TextEncoder().encode(text));
}

test('no attachments, no pieces', async () => {
  expect(await readAttachments([], all)).toEqual({ pieces: [], skipped: [] });
});

test('a file comes with its name and its place', async () => {
  onDisk('a.ts', 'let a;\r\nlet b;');
  const { pieces } = await readAttachments([reference(uri('a.ts'))], all);
  expect(pieces).toEqual([{ title: 'File a.ts:', text: 'let a;\nlet b;', place: uri('a.ts') }]);
});

test('what is in the editor counts more than what is on disk', async () => {
  onDisk('a.ts', 'old');
  fake.documents.push({
    uri: uri('a.ts') as never,
    languageId: 'typescript',
    version: 2,
    getText: () => 'new',
  });
  const { pieces } = await readAttachments([reference(uri('a.ts'))], all);
  expect(pieces[0]?.text).toBe('new');
});

test('a selection gives its whole lines, and where they start', async () => {
  onDisk('a.ts', 'zero\r\none\r\ntwo\r\nthree');
  const place = new vscode.Location(uri('a.ts'), new vscode.Range(1, 2, 3, 0));
  const { pieces } = await readAttachments([reference(place)], all);
  expect(pieces).toEqual([{ title: 'File a.ts, from line 2:', text: 'one\ntwo', place }]);
});

test('an empty selection gives its line', async () => {
  onDisk('a.ts', 'zero\none');
  const place = new vscode.Location(uri('a.ts'), new vscode.Range(0, 0, 0, 0));
  expect((await readAttachments([reference(place)], all)).pieces[0]?.text).toBe('zero');
});

test('text comes under its description', async () => {
  const plain = { ...reference('the text'), modelDescription: 'Terminal output:' };
  const { pieces } = await readAttachments([plain], all);
  expect(pieces).toEqual([{ title: 'Terminal output:', text: 'the text' }]);
});

test('a folder gives its names, without the excluded ones', async () => {
  for (const name of ['src/b.ts', 'src/a.ts', 'src/inner/c.ts', 'src/.env']) onDisk(name, '');
  const { pieces } = await readAttachments(
    [reference(uri('src'))],
    ({ path }) => !path.endsWith('.env'),
  );
  expect(pieces).toEqual([{ title: 'Folder src:', text: 'a.ts\nb.ts\ninner/', place: uri('src') }]);
});

test('of a folder with thousands of names the first are listed, and how many more there are', async () => {
  for (let i = 0; i < 300; i++) onDisk(`many/${i}.ts`, '');
  const { pieces } = await readAttachments([reference(uri('many'))], all);
  expect(pieces[0]?.text.split('\n')).toHaveLength(201);
  expect(pieces[0]?.text).toMatch(/\(and 100 more\)$/);
});

test('what cannot be used is named with the reason; excluded and huge files are never read', async () => {
  onDisk('pic.png', 'PNG\0');
  onDisk('.env', 'SECRET=1');
  onDisk('dump.sql', '');
  const read: string[] = [];
  const files: Files = {
    ...editorFiles,
    stat: async (place) => ({
      ...(await editorFiles.stat(place)),
      ...(place.path.endsWith('sql') ? { size: 100 * 1024 * 1024 } : {}),
    }),
    read: (place) => {
      read.push(place.path);
      return editorFiles.read(place);
    },
  };
  const { pieces, skipped } = await readAttachments(
    [
      ...['.env', 'gone.ts', 'pic.png', 'dump.sql'].map((name) => reference(uri(name))),
      { ...reference({ mimeType: 'image/png' }), modelDescription: 'Screenshot' },
    ],
    ({ path }) => !path.endsWith('.env'),
    files,
  );
  expect(pieces).toEqual([]);
  expect(skipped).toEqual([
    '.env (on the exclude list)',
    'gone.ts (cannot be read)',
    'pic.png (not text)',
    'dump.sql (too large: 100 MB)',
    'Screenshot (not text)',
  ]);
  expect(read).toEqual(['/workspace/pic.png']);
});

test('a place that is attached twice is sent once', async () => {
  onDisk('a.ts', 'let a;');
  const { pieces } = await readAttachments([reference(uri('a.ts')), reference(uri('a.ts'))], all);
  expect(pieces).toHaveLength(1);
});
