/** Starting a backend, with small programs in its place. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAlive } from '../../backend/client/instanceFile.ts';
import { spawnBackend } from '../../backend/client/spawnBackend.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

/** Options to start that program instead of a backend. */
async function program(source: string) {
  const folder = await temporaryFolder();
  const entry = path.join(folder, 'program.mjs');
  await writeFile(entry, source);
  return { runtime: process.execPath, entry, args: ['--home', folder], folder };
}

const ready = {
  event: 'ready',
  url: 'ws://127.0.0.1:1',
  http: 'http://127.0.0.1:1',
  pid: 1,
  tokenFile: '/token',
};

describe('spawnBackend', () => {
  it('waits for the ready line, whatever else is printed', async () => {
    const options = await program(`
      console.log('not JSON');
      console.log('{"event":"other"}');
      console.error('a log line');
      console.log(${JSON.stringify(JSON.stringify(ready))});
      setInterval(() => {}, 1000);
      setTimeout(() => process.exit(), 5000);`);
    const lines: string[] = [];
    const line = await spawnBackend({ ...options, onLog: (text) => lines.push(text) });
    expect(line).toStrictEqual(ready);
  });

  it('leaves a backend that does not depend on its starter', async () => {
    const options = await program(`
      import { writeFileSync } from 'node:fs';
      for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
      console.log(JSON.stringify({ ...${JSON.stringify(ready)}, pid: process.pid }));
      setTimeout(() => console.error('x'.repeat(200000)), 50);
      setTimeout(() => { writeFileSync(process.argv[6] + '/alive', process.argv.slice(2).join(' ')); process.exit(); }, 150);`);
    const { pid } = await spawnBackend(options);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(await readFile(path.join(options.folder, 'alive'), 'utf8')).toBe(
      `serve --idle-exit 60 --home ${options.folder}`,
    );
  });

  it("passes on a backend's own reason", async () => {
    const failed = {
      event: 'failed',
      code: 1503,
      message: 'It runs already.',
      data: { name: 'alreadyRunning', remedy: 'Use it.' },
    };
    const options = await program(
      `console.log(${JSON.stringify(JSON.stringify(failed))}); process.exitCode = 1;`,
    );
    await expect(spawnBackend(options)).rejects.toMatchObject({
      name: 'RemoteError',
      code: 1503,
      data: { name: 'alreadyRunning' },
    });
  });

  it('tells the last words of one that ends without a reason', async () => {
    const options = await program(`
      for (let n = 1; n <= 100; n++) console.error('line ' + n);
      process.exitCode = 3;`);
    const failing = spawnBackend(options);
    await expect(failing).rejects.toMatchObject({ errorName: 'backendNotStarted' });
    await expect(failing).rejects.toThrow(/exit code 3\nline 81\n[^]*line 100/);
  });

  it('tells when there is nothing to run', async () => {
    const options = await program('');
    await expect(
      spawnBackend({ ...options, runtime: path.join(options.folder, 'nothing') }),
    ).rejects.toMatchObject({
      errorName: 'backendNotStarted',
      message: expect.stringMatching(/ENOENT/) as unknown,
    });
  });

  it('ends what it started when it is told to stop', async () => {
    const options = await program(`
      console.error(process.pid);
      setTimeout(() => {}, 60000);`);
    const stop = new AbortController();
    const pid = new Promise<number>((resolve) => {
      spawnBackend({ ...options, onLog: (line) => resolve(Number(line)) }, stop.signal).catch(
        () => undefined,
      );
    });
    const id = await pid;
    stop.abort();
    await expect.poll(() => isAlive(id)).toBe(false);
    await expect(spawnBackend(options, stop.signal)).rejects.toThrow(/abort/);
  });
});
