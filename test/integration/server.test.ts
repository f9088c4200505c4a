/** The life of `tpu-pilot serve` as a process: start, stop, and what stands in its way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, truncate, copyFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attach, attachOrStart } from '../../backend/client/attach.ts';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { homePaths } from '../../backend/client/home.ts';
import { isAlive } from '../../backend/client/instanceFile.ts';
import { BackendProcess, mainModule } from '../support/backendProcess.ts';
import { testModelPath } from '../support/provideModel.ts';
import { refusedUpgrade } from '../support/rawSocket.ts';
import { run } from '../support/run.ts';

const story = {
  messages: [{ role: 'user' as const, content: 'Tell a long story about a village.' }],
  sampling: { temperature: 1, seed: 1 },
};

let home: string;
/** Ended after each test, whatever became of it. */
let processes: BackendProcess[];

function serve(...args: string[]): BackendProcess {
  const started = BackendProcess.spawn(home, args);
  processes.push(started);
  return started;
}

/** Resolves when the client has been told that the backend stops. */
async function draining(client: BackendClient): Promise<void> {
  await new Promise<void>((resolve) => {
    client.on('backend/statusChanged', ({ state }) => {
      if (state === 'draining') resolve();
    });
  });
}

/** A command line in a process of its own. */
async function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [mainModule, ...args, '--home', home]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-test-'));
  processes = [];
});

afterEach(async () => {
  for (const one of processes) await one.end();
  await rm(home, { recursive: true, force: true });
});

describe('serve', () => {
  it('prints one line when it is ready, and answers', async () => {
    const backend = serve('--model', testModelPath());
    const ready = await backend.ready();
    expect(ready).toMatchObject({ event: 'ready', pid: backend.pid });
    expect(ready.http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    for (const file of [ready.tokenFile, homePaths(home).instance, homePaths(home).log]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
    expect((await fetch(`${ready.http}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${ready.http}/readyz`)).json()).toStrictEqual({ state: 'ready' });

    const client = await BackendClient.connect(ready.target);
    const answer = await client.request('chat/complete', { ...story, maxTokens: 8 });
    expect(answer).toMatchObject({ finishReason: 'length', timings: { generatedTokens: 8 } });
    expect(await client.request('backend/status', null)).toMatchObject({
      state: 'ready',
      problems: [],
      latency: { chat: { count: 1 } },
      devices: [{ kind: 'cpu', state: 'ready', models: [{ hasChatTemplate: true }] }],
    });
    const { text } = await client.request('metrics/snapshot', null);
    for (const name of ['ttft_seconds_count', 'decode_tokens_total', 'step_seconds_count']) {
      expect(text).toMatch(new RegExp(`tpu_pilot_${name}\\{.*\\} [1-9]`));
    }
    await client.close();
    expect(backend.stderr).not.toContain('village');
    expect(backend.stderr).not.toContain(ready.target.token);
  });

  it('speaks TLS, with a certificate of its own', async () => {
    const [cert, key] = [path.join(home, 'cert.pem'), path.join(home, 'key.pem')];
    const subject = ['-subj', '/CN=box.example', '-days', '2', '-nodes'];
    const files = ['-keyout', key, '-out', cert];
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, ...files]);
    const backend = serve('--listen', '0.0.0.0:0', '--tls-cert', cert, '--tls-key', key);
    const ready = await backend.ready();
    expect(ready.url).toMatch(/^wss:/);
    const client = await attach(home);
    expect(await client?.request('backend/status', null)).toMatchObject({ state: 'noModel' });
    await client?.close();
    // Without the certificate nobody is trusted, and so nothing is sent.
    const { url, token } = ready.target;
    await expect(BackendClient.connect({ url, token })).rejects.toMatchObject({
      errorName: 'backendUnreachable',
    });
  });
});

describe('a model that cannot be loaded', () => {
  it.each([
    [
      'is cut short',
      async (file: string) => {
        await copyFile(testModelPath(), file);
        await truncate(file, 40_000_000);
      },
    ],
    ['is none at all', async (file: string) => writeFile(file, 'no model')],
  ])('because it %s leaves a backend that says why', async (_, make) => {
    const file = path.join(home, 'broken.gguf');
    await make(file);
    const ready = await serve('--model', file).ready();
    const client = await BackendClient.connect(ready.target);
    const status = await client.request('backend/status', null);
    expect(status.state).toBe('noModel');
    expect(status.problems).toStrictEqual([
      expect.stringMatching(/broken\.gguf is not a usable model/),
    ]);
    await expect(client.request('chat/complete', story)).rejects.toMatchObject({
      data: { name: 'modelNotLoaded' },
    });
    expect((await fetch(`${ready.http}/readyz`)).status).toBe(503);
    await client.close();
  });
});

describe('a start that fails', () => {
  it('because another backend has the home, names it', async () => {
    const first = serve();
    const { url } = await first.ready();
    const second = serve();
    expect(await second.exited).toBe(1);
    expect(await second.line).toMatchObject({ event: 'failed', data: { name: 'alreadyRunning' } });
    expect(second.stderr).toContain(`process ${first.pid} at ${url}`);
    expect(second.stderr).toMatch(/\nUse it, stop it/);
  });

  it('because the port is in use, says so', async () => {
    const { url } = await serve().ready();
    const other = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-test-'));
    const second = BackendProcess.spawn(other, ['--listen', new URL(url).host]);
    expect(await second.exited).toBe(1);
    expect(second.stderr).toMatch(/is in use by another program\.\nChoose another port/);
    await rm(other, { recursive: true });
  });

  it('because the home cannot be written, says which', async () => {
    await writeFile(path.join(home, 'file'), '');
    const failed = BackendProcess.spawn(path.join(home, 'file', 'home'));
    expect(await failed.exited).toBe(1);
    expect(failed.stderr).toMatch(/file\/home cannot be written: .*\nCorrect its permissions/);
  });

  it.each([
    [
      'listens beyond this machine',
      ['--listen', '0.0.0.0:0'],
      1,
      /in the clear\.\nGive --tls-cert/,
    ],
    ['has half a certificate', ['--tls-cert', '/nowhere'], 1, /together/],
    ['has no certificate', ['--tls-cert', '/nowhere', '--tls-key', '/nowhere'], 1, /\/nowhere/],
    ['has another file', ['--tls-cert', mainModule, '--tls-key', mainModule], 1, /tlsKey: .*PEM/i],
    ['has no address', ['--listen', 'here'], 2, /HOST:PORT/],
    ['has an unknown option', ['--nonsense'], 2, /unknown option/],
  ])('because it %s, has its exit code', async (_, args, code, message) => {
    const failed = serve(...args);
    expect(await failed.exited).toBe(code);
    expect(failed.stderr).toMatch(message);
  });

  it('leaves nothing behind: the next one works', async () => {
    expect(await serve('--listen', '192.0.2.1:1', '--insecure').exited).toBe(1);
    await expect(serve().ready()).resolves.toBeDefined();
  });
});

describe('a stop', () => {
  it('by SIGTERM lets a running answer finish, and refuses new ones', async () => {
    const backend = serve('--model', testModelPath());
    const { target } = await backend.ready();
    const client = await BackendClient.connect(target);
    const waiting = await BackendClient.connect(target);
    let begun: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (begun = resolve));
    const answer = client.streamChat({ ...story, maxTokens: 60 }, begun);
    await first;
    backend.child.kill('SIGTERM');
    await draining(waiting);
    await expect(waiting.request('chat/complete', story)).rejects.toMatchObject({
      data: { name: 'draining' },
    });
    const refused = await refusedUpgrade(target.url, { authorization: `Bearer ${target.token}` });
    expect(refused).toMatchObject({ status: 503, body: { code: 1103 } });
    expect(['length', 'stop']).toContain((await answer).finishReason);
    expect(await backend.exited).toBe(0);
    await Promise.all([client.closed, waiting.closed]);
    await expect(stat(homePaths(home).instance)).rejects.toThrow(/ENOENT/);
  });

  it('by a second signal does not wait', async () => {
    const backend = serve('--model', testModelPath());
    const { target } = await backend.ready();
    const client = await BackendClient.connect(target);
    let begun: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (begun = resolve));
    const answer = expect(client.streamChat(story, begun)).rejects.toMatchObject({
      errorName: 'connectionLost',
    });
    await first;
    backend.child.kill('SIGTERM');
    await draining(client);
    backend.child.kill('SIGINT');
    expect(await backend.exited).toBe(1);
    await answer;
  });

  it('by the command line waits until it is over', async () => {
    const backend = serve();
    await backend.ready();
    expect(await cli('stop')).toMatchObject({
      code: 0,
      stdout: `Stopped process ${backend.pid}.\n`,
    });
    expect(isAlive(backend.pid)).toBe(false);
    expect(await backend.exited).toBe(0);
  });
});

describe('a backend that was started by a client', () => {
  // It is nobody's child, so it has to be asked.
  afterEach(async () => cli('stop'));

  it('is one for all who start it at once, and outlives them', async () => {
    const options = { runtime: process.execPath, entry: mainModule, args: ['--home', home] };
    const found = await Promise.all([1, 2, 3].map(async () => attachOrStart(home, options)));
    expect(found.filter(({ started }) => started)).toHaveLength(1);
    const pids = await Promise.all(
      found.map(async ({ client }) => (await client.request('backend/status', null)).pid),
    );
    expect(new Set(pids).size).toBe(1);
    for (const { client } of found) await client.close();
    expect((await cli('status')).code).toBe(0);
    expect((await cli('stop')).code).toBe(0);
    expect((await cli('status')).code).toBe(1);
  });
});
