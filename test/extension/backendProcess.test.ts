import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lastLogLines, readable } from '../../extension/backendLog.ts';
import { connectLocally, serveArguments } from '../../extension/backendProcess.ts';
import type { BackendSettings } from '../../extension/settings.ts';

const settings: BackendSettings = { url: '', autoStart: true, home: '', device: '', model: '' };
const log = { info: () => undefined, debug: () => undefined };

test.each([
  [{}, ['--home', '/h']],
  [{ device: 'cpu' }, ['--home', '/h', '--device', 'cpu']],
  [{ model: 'my model; rm' }, ['--home', '/h', '--model', 'my model; rm']],
])('serve is started for %j with', (changes, expected) => {
  expect(serveArguments('/h', { ...settings, ...changes })).toEqual(expected);
});

test.each([
  ['{"level":30,"msg":"ready"}', 'ready'],
  ['{"msg":"failed","err":{"message":"no such file"}}', 'failed: no such file'],
  ['{"level":30}', '{"level":30}'],
  ['Segmentation fault', 'Segmentation fault'],
  ['null', 'null'],
])('the log line %s reads', (line, expected) => {
  expect(readable(line)).toBe(expected);
});

test('the last lines of the log, also of a long one', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-'));
  try {
    expect(await lastLogLines({ ...settings, home }, 3)).toEqual([]);
    await mkdir(path.join(home, 'logs'));
    const lines = Array.from({ length: 5000 }, (_, i) => JSON.stringify({ msg: `line ${i}` }));
    await writeFile(path.join(home, 'logs', 'backend.log'), lines.join('\n') + '\n');
    expect(await lastLogLines({ ...settings, home }, 3)).toEqual([
      'line 4997',
      'line 4998',
      'line 4999',
    ]);
  } finally {
    await rm(home, { recursive: true });
  }
});

test('without a running backend, looking for one starts none', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-'));
  try {
    const connect = connectLocally(
      '/nowhere',
      { ...settings, home },
      false,
      () => Promise.resolve('connected'),
      log,
      new AbortController().signal,
    );
    await expect(connect).rejects.toMatchObject({ errorName: 'backendUnreachable' });
  } finally {
    await rm(home, { recursive: true });
  }
});

test('a bundle that is not there is a backend that did not start, with its last words', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-'));
  try {
    const connect = connectLocally(
      home,
      { ...settings, home },
      true,
      () => Promise.resolve('connected'),
      log,
      new AbortController().signal,
    );
    await expect(connect).rejects.toMatchObject({
      errorName: 'backendNotStarted',
      message: expect.stringContaining('main.js') as unknown,
    });
  } finally {
    await rm(home, { recursive: true });
  }
});
