/** Tokenizers whose rules never come to an end with some text. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { openModelText, type ModelText } from '../../../backend/tokenizer/modelText.ts';
import { openTextThread } from '../../../backend/tokenizer/textThread.ts';
import {
  buildTokenizerThread,
  type TokenizerThreadBuild,
} from '../../support/buildTokenizerThread.ts';
import { ManualDeadlines } from '../../support/manualDeadlines.ts';
import { writeTokenizer } from '../../support/tokenizerFolders.ts';

/** 2 to the power of its length are the ways to read it. */
const endless = `${'a'.repeat(60)}b`;
const pattern = { Regex: '(a+)+$' };
const model = { vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };
const pre_tokenizer = { type: 'Split', pattern, behavior: 'Isolated', invert: false };
const stuck = { name: 'DeviceError', code: 'tokenizerFailed' };

let build: TokenizerThreadBuild;
let root: string;
beforeAll(async () => {
  build = await buildTokenizerThread();
  root = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-stuck-'));
});
afterAll(async () => {
  await build.remove();
  await rm(root, { recursive: true, force: true });
});

async function folderOf(name: string, tokenizer: object): Promise<string> {
  const folder = path.join(root, name);
  await writeTokenizer(folder, tokenizer);
  return folder;
}

async function openStuck(name: string): Promise<{ text: ModelText; deadlines: ManualDeadlines }> {
  const deadlines = new ManualDeadlines();
  const folder = await folderOf(name, { model, pre_tokenizer });
  const text = await openModelText(folder, {
    workerModule: build.workerModule,
    after: deadlines.after,
  });
  onTestFinished(() => text.close());
  return { text, deadlines };
}

it('answers the text that is stuck with an error, and those behind it by another thread', async () => {
  const { text, deadlines } = await openStuck('behind');
  expect([...(await text.encode('b'))]).toEqual([1]);
  const failed = expect(text.encode(endless)).rejects.toMatchObject(stuck);
  const behind = text.encode('ab');
  // More time for the one behind, and then no more.
  deadlines.pass();
  deadlines.pass();
  await failed;
  expect([...(await behind)]).toEqual([2]);
  expect([...(await text.encode('b'))]).toEqual([1]);
  expect(deadlines.set).toEqual([]);
});

it('goes on with a text that comes after the error', async () => {
  const { text, deadlines } = await openStuck('after');
  for (let time = 0; time < 2; time++) {
    const failed = expect(text.encode(endless)).rejects.toMatchObject(stuck);
    // The first thing to run out may be the opening of the thread for it.
    await vi.waitFor(() => expect(deadlines.set[0]?.ms).toBeLessThan(100_000));
    deadlines.pass();
    await failed;
  }
  expect([...(await text.encode('ab'))]).toEqual([2]);
});

it('can be closed in the middle of it', async () => {
  const { text } = await openStuck('closed');
  const failed = expect(text.encode(endless)).rejects.toMatchObject({ code: 'lost' });
  await text.close();
  await failed;
  await expect(text.encode('b')).rejects.toMatchObject({ code: 'lost' });
});

it('knows which of several texts it is at', async () => {
  const folder = await folderOf('several', { model, pre_tokenizer });
  const { after } = new ManualDeadlines();
  const { thread } = await openTextThread(build.workerModule, folder, after);
  thread.post({ id: 1, text: 'b' });
  thread.post({ id: 2, text: endless });
  thread.post({ id: 3, text: 'b' });
  await vi.waitFor(() => expect(thread.current).toBe(2));
  await thread.end();
  expect(thread.current).toBe(2);
});

it('gives up a model whose own tokens take for ever to read', async () => {
  const folder = await folderOf('opening', {
    model,
    normalizer: { type: 'Replace', pattern, content: '' },
    added_tokens: [{ id: 3, content: endless, normalized: true }],
  });
  const deadlines = new ManualDeadlines();
  const { after } = deadlines;
  const opening = openModelText(folder, { workerModule: build.workerModule, after });
  const failed = expect(opening).rejects.toMatchObject(stuck);
  deadlines.pass();
  await failed;
});
