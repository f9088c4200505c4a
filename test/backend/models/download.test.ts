import { randomBytes } from 'node:crypto';
import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { downloadAll } from '../../../backend/models/download.ts';
import { createHttpClient } from '../../../backend/models/http.ts';
import type { PullContext, RemoteFile } from '../../../backend/models/pullContext.ts';
import { Staging } from '../../../backend/models/staging.ts';
import {
  cutAfter,
  HubServer,
  redirectTo,
  serveFile,
  sha256,
  stallAfter,
  status,
  type Answer,
} from '../../support/hubServer.ts';
import { createContext } from '../../support/pullHarness.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const body = randomBytes(300_000);

const chunked: Answer = (hosted, _, response) => {
  response.write(hosted.body);
  response.end();
};

async function setUp(...answers: Answer[]) {
  const hub = await HubServer.start();
  const hosted = hub.host('/m.gguf', body, ...answers);
  const home = await temporaryFolder();
  const context = await createContext(home);
  hub.received = () => context.staging.sizeOf('m.gguf');
  const file: RemoteFile = { name: 'm.gguf', url: hub.at('/m.gguf') };
  return { hub, hosted, home, context, file };
}

const contentOf = (context: PullContext): Promise<Buffer> =>
  readFile(path.join(context.staging.files, 'm.gguf'));

const ranges = (hub: HubServer): (string | undefined)[] =>
  hub.requests.map(({ headers }) => headers.range);

describe('downloadAll', () => {
  it('stores the file, its size and its sha256', async () => {
    const { context, file } = await setUp();
    expect(await downloadAll([file], context)).toEqual([
      { name: 'm.gguf', size: body.length, sha256: sha256(body) },
    ]);
    expect((await contentOf(context)).equals(body)).toBe(true);
    expect(context.progress.at(-1)).toEqual({
      step: 'Downloading m.gguf',
      doneBytes: body.length,
      totalBytes: body.length,
    });
  });

  it('continues where the connection broke', async () => {
    const { hub, hosted, context, file } = await setUp(cutAfter(100_000), cutAfter(50_000));
    await downloadAll([file], context);
    expect((await contentOf(context)).equals(body)).toBe(true);
    expect(ranges(hub)).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
    expect(hub.requests[1]?.headers['if-range']).toBe(hosted.etag);
  });

  it('continues in another process, by what is on the disk', async () => {
    const cut = cutAfter(100_000);
    const { hub, context, file, home } = await setUp(cut, status(403));
    await expect(downloadAll([file], context)).rejects.toMatchObject({ status: 403 });
    const later = await createContext(home);
    await downloadAll([file], later);
    expect((await contentOf(later)).equals(body)).toBe(true);
    expect(ranges(hub).at(-1)).toBe('bytes=100000-');
  });

  it('begins again when the file has changed meanwhile', async () => {
    const { hosted, context, file } = await setUp(cutAfter(100_000));
    const changed = randomBytes(200_000);
    const changeThenServe = context.retry.sleep;
    const retry = {
      ...context.retry,
      sleep: (ms: number, signal: AbortSignal) => {
        Object.assign(hosted, { body: changed, etag: '"other"' });
        return changeThenServe(ms, signal);
      },
    };
    const [stored] = await downloadAll([file], { ...context, retry });
    expect(stored?.sha256).toBe(sha256(changed));
    expect((await contentOf(context)).equals(changed)).toBe(true);
  });

  it('begins again when the server has no strong ETag and the hub no sha256', async () => {
    const weak: Answer = (hosted, request, response, hub) =>
      cutAfter(1000)({ ...hosted, etag: 'W/"weak"' }, request, response, hub);
    const { hub, context, file } = await setUp(weak);
    await downloadAll([file], context);
    expect(ranges(hub)).toEqual([undefined, undefined]);
    expect((await contentOf(context)).equals(body)).toBe(true);
  });

  it('begins again when the server answers a range with another one', async () => {
    const wrongRange = status(206, { 'content-range': `bytes 5-299999/300000` });
    const { hub, context, file } = await setUp(cutAfter(1000), wrongRange);
    await downloadAll([file], context);
    expect(ranges(hub)).toEqual([undefined, 'bytes=1000-', undefined]);
    expect((await contentOf(context)).equals(body)).toBe(true);
  });

  it('knows a file that is whole already', async () => {
    const { hub, context, file } = await setUp();
    await downloadAll([file], context);
    await downloadAll([file], context);
    expect(ranges(hub)).toEqual([undefined, `bytes=${body.length}-`]);
    const known = { ...file, size: body.length, sha256: sha256(body) };
    await downloadAll([known], context);
    expect(hub.requests).toHaveLength(2);
  });

  it('does not believe that a whole file is the right one', async () => {
    const { context, file } = await setUp();
    await writeFile(path.join(context.staging.files, 'm.gguf'), randomBytes(body.length));
    await downloadAll([{ ...file, size: body.length, sha256: sha256(body) }], context);
    expect((await contentOf(context)).equals(body)).toBe(true);
  });

  it('refuses bytes with another sha256, and keeps none of them', async () => {
    const { context, file } = await setUp();
    await expect(downloadAll([{ ...file, sha256: 'a'.repeat(64) }], context)).rejects.toMatchObject(
      { errorName: 'checksumMismatch' },
    );
    expect((await contentOf(context)).length).toBe(0);
  });

  it.each([
    ['500', status(500)],
    ['503', status(503)],
    ['429', status(429)],
  ])('tries again after %s', async (_, answer) => {
    const { context, file } = await setUp(answer, answer);
    await downloadAll([file], context);
    expect(context.pauses).toEqual([500, 1000]);
  });

  it('waits for as long as the server asks, up to a minute', async () => {
    const { context, file } = await setUp(
      status(503, { 'retry-after': '7' }),
      status(503, { 'retry-after': '86400' }),
    );
    await downloadAll([file], context);
    expect(context.pauses).toEqual([7000, 60_000]);
  });

  it('gives up after five failures without progress', async () => {
    const { hub, context, file } = await setUp(...Array.from({ length: 5 }, () => status(502)));
    await expect(downloadAll([file], context)).rejects.toMatchObject({ status: 502 });
    expect(hub.requests).toHaveLength(5);
  });

  it('does not count failures that got further', async () => {
    const large = randomBytes(12 * 1024 * 1024);
    const hub = await HubServer.start();
    hub.host('/m.gguf', large, ...Array.from({ length: 8 }, () => cutAfter(1_200_000)));
    const context = await createContext(await temporaryFolder());
    hub.received = () => context.staging.sizeOf('m.gguf');
    const [stored] = await downloadAll([{ name: 'm.gguf', url: hub.at('/m.gguf') }], context);
    expect(stored?.sha256).toBe(sha256(large));
  });

  it.each([401, 403, 404, 410])('does not try again after %i', async (code) => {
    const { hub, context, file } = await setUp(status(code));
    await expect(downloadAll([file], context)).rejects.toMatchObject({ status: code });
    expect(hub.requests).toHaveLength(1);
  });

  it('stops within the body when it is cancelled, and keeps the part', async () => {
    const { answer, reached } = stallAfter(100_000);
    const { context, file } = await setUp(answer);
    const controller = new AbortController();
    const download = downloadAll([file], { ...context, signal: controller.signal });
    await reached;
    while ((await context.staging.sizeOf('m.gguf')) < 100_000) await new Promise(setImmediate);
    controller.abort();
    await expect(download).rejects.toThrow('aborted');
    expect((await contentOf(context)).equals(body.subarray(0, 100_000))).toBe(true);
  });

  it('takes silence for a broken connection', async () => {
    const { answer } = stallAfter(1000);
    const { context, file } = await setUp(answer);
    const http = createHttpClient({ env: {}, idleTimeoutMs: 200 });
    await downloadAll([file], { ...context, http });
    await http.close();
    expect((await contentOf(context)).equals(body)).toBe(true);
  });

  it.each<[string, Answer, string]>([
    ['tells no size', chunked, 'how large'],
    ['has another size than the hub says', serveFile, 'where the hub says 5'],
  ])('refuses a server that %s', async (name, answer, reason) => {
    const { context, file } = await setUp(answer);
    const size = name.includes('hub') ? { size: 5 } : {};
    await expect(downloadAll([{ ...file, ...size }], context)).rejects.toThrow(reason);
  });

  it('takes a Content-Length that promises too much for a broken connection', async () => {
    const lie: Answer = (hosted, _, response) => {
      response.writeHead(200, { 'content-length': hosted.body.length + 10, etag: '"lie"' });
      response.write(hosted.body, () => response.destroy());
    };
    const { context, file } = await setUp(...Array.from({ length: 5 }, () => lie));
    await expect(downloadAll([file], context)).rejects.toMatchObject({ retryable: true });
  });

  it('checks the disk before the first byte, and counts what is there already', async () => {
    const { hub, context, file } = await setUp();
    const known = { ...file, size: body.length, sha256: sha256(body) };
    const full = { ...context, freeBytes: () => Promise.resolve(1000) };
    await expect(downloadAll([known], full)).rejects.toMatchObject({
      errorName: 'diskFull',
      message: expect.stringContaining('1000 bytes free') as string,
    });
    expect(hub.requests).toHaveLength(0);
    await downloadAll([known], context);
    const reserve = { ...context, freeBytes: () => Promise.resolve(64 * 1024 * 1024) };
    await downloadAll([known], reserve);
  });

  it('checks the disk when the server tells the size', async () => {
    const { context, file } = await setUp();
    const full = { ...context, freeBytes: () => Promise.resolve(1000) };
    await expect(downloadAll([file], full)).rejects.toMatchObject({ errorName: 'diskFull' });
  });

  it.runIf(process.platform === 'linux')('says so when the disk fills up on the way', async () => {
    const { context, file } = await setUp();
    // Every write to this device fails with ENOSPC.
    await symlink('/dev/full', path.join(context.staging.files, 'm.gguf'));
    await expect(downloadAll([file], context)).rejects.toMatchObject({ errorName: 'diskFull' });
  });

  it('downloads several files, and drops those that are not wanted any more', async () => {
    const { hub, context } = await setUp();
    hub.host('/config.json', Buffer.from('{}'));
    await writeFile(path.join(context.staging.files, 'old.gguf'), 'x');
    await downloadAll(
      [
        { name: 'config.json', url: hub.at('/config.json'), size: 2 },
        { name: 'm.gguf', url: hub.at('/m.gguf'), size: body.length },
      ],
      context,
    );
    await expect(stat(path.join(context.staging.files, 'old.gguf'))).rejects.toThrow();
    const total = body.length + 2;
    expect(context.progress.at(-1)).toMatchObject({ doneBytes: total, totalBytes: total });
  });

  it('begins again when the journal is damaged', async () => {
    const { hub, context, file, home } = await setUp(cutAfter(1000), status(403));
    await expect(downloadAll([file], context)).rejects.toThrow('403');
    await writeFile(path.join(context.staging.folder, 'journal.json'), '{"etags": 5');
    const staging = await Staging.open(path.join(home, 'downloads', 'key'));
    await downloadAll([file], { ...context, staging });
    expect(ranges(hub).at(-1)).toBeUndefined();
  });
});

describe('redirects', () => {
  it('are followed, and the token stays with the hub', async () => {
    const storage = await HubServer.start();
    storage.host('/blob', body);
    const { hub, context, file } = await setUp(redirectTo(storage.at('/blob').href));
    const headers = { authorization: 'Bearer hf_secret' };
    await downloadAll([{ ...file, headers }], context);
    expect(hub.requests[0]?.headers.authorization).toBe('Bearer hf_secret');
    expect(storage.requests[0]?.headers.authorization).toBeUndefined();
    expect((await contentOf(context)).equals(body)).toBe(true);
  });

  it.each([
    ['without end', '/m.gguf', 'more than 8 times'],
    ['to http elsewhere', 'http://example.com/m.gguf', 'not a safe address'],
    ['to a local file', 'file:///etc/passwd', 'not a safe address'],
    ['to no address', 'http://[', 'no valid address'],
  ])('%s are refused', async (_, location, reason) => {
    const { context, file } = await setUp(...Array.from({ length: 9 }, () => redirectTo(location)));
    await expect(downloadAll([file], context)).rejects.toThrow(reason);
  });
});
