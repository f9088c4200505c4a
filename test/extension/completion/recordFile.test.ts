import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RecordFile } from '../../../extension/completion/recordFile.ts';
import { FakeClock } from '../../support/fakeSession.ts';

let folder = '';
let file = '';
let time = Date.UTC(2026, 0, 31, 12);
const errors: unknown[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-'));
  file = path.join(folder, 'storage', 'statistics.json');
  time = Date.UTC(2026, 0, 31, 12);
  errors.length = 0;
});
afterEach(async () => rm(folder, { recursive: true }));

function openWindow(clock = new FakeClock()): RecordFile {
  return new RecordFile(file, {
    now: () => new Date(time),
    after: (ms, callback) => clock.after(ms, callback),
    onError: (error) => errors.push(error),
  });
}

async function shownIn(window: RecordFile): Promise<number> {
  const { days } = await window.read();
  return Object.values(days)
    .flatMap((day) => Object.values(day))
    .reduce((sum, { shown }) => sum + shown, 0);
}

const show = (window: RecordFile): void => window.add('go', { kind: 'shown', ms: 50 });

test('what was counted is there in the next window, readable by its owner only', async () => {
  const first = openWindow();
  show(first);
  show(first);
  await first.flush();
  expect(await shownIn(openWindow())).toBe(2);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(path.dirname(file))).toEqual(['statistics.json']);
});

test('several windows that write at once lose nothing', async () => {
  const windows = Array.from({ length: 6 }, () => openWindow());
  for (const window of windows) for (let i = 0; i < 5; i++) show(window);
  await Promise.all(windows.map((window) => window.flush()));
  expect(await shownIn(openWindow())).toBe(30);
  expect(errors).toEqual([]);
});

test('it is written by itself after a while', async () => {
  const clock = new FakeClock();
  const window = openWindow(clock);
  show(window);
  clock.advance(60_000);
  await window.flush();
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 1 });
});

test('deleted is deleted, also what another window had not written yet', async () => {
  const [one, other] = [openWindow(), openWindow()];
  show(one);
  show(other);
  await one.flush();
  time += 1000;
  await one.clear();
  await other.flush();
  expect(await shownIn(one)).toBe(0);
  time += 1000;
  show(other);
  await other.flush();
  expect(await shownIn(one)).toBe(1);
});

test.each(['', '{', '{"version":2}', '[]', '{"version":1,"since":"x","days":{"y":1}}'])(
  'a damaged file %j is replaced',
  async (text) => {
    const window = openWindow();
    show(window);
    await window.flush();
    await writeFile(file, text);
    show(window);
    expect(await shownIn(window)).toBe(1);
  },
);

test('a folder that cannot be written is reported, counting goes on, deleting says so', async () => {
  await writeFile(path.join(folder, 'storage'), 'a file where the folder should be');
  const window = openWindow();
  show(window);
  await window.flush();
  expect(errors).toMatchObject([{ name: 'PilotError' }]);
  show(window);
  expect(await shownIn(window)).toBe(2);
  await expect(window.clear()).rejects.toThrow(/cannot be written/);
});
