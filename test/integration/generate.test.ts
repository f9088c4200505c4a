/** `tpu-pilot generate` with the real model: the bundled program, with and without a backend. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BackendClient } from '../../backend/client/backendClient.ts';
import { homePaths } from '../../backend/client/home.ts';
import { CpuDevice } from '../../backend/devices/cpu.ts';
import { notice } from '../../backend/protocol/notices.ts';
import { RawResult } from '../../backend/protocol/rawGeneration.ts';
import { testModelPath } from '../support/provideModel.ts';
import { startRealBackend, type RealBackend } from '../support/realBackend.ts';

const execute = promisify(execFile);
const program = path.join(import.meta.dirname, '../../dist/main.js');
const PROMPT = 'The capital of France is';

let home: string;
const env = (): NodeJS.ProcessEnv => ({ ...process.env, TPU_PILOT_HOME: home });
const pilot = (...words: string[]): Promise<{ stdout: string; stderr: string }> =>
  execute(process.execPath, [program, ...words], { env: env() });
const generate = (...words: string[]): ReturnType<typeof pilot> =>
  pilot('generate', 'small', '--max-tokens', '8', ...words);
/** The last line of stdout. */
async function result(...words: string[]): Promise<RawResult> {
  const { stdout } = await generate('--json', ...words);
  return RawResult.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
}
const failure = (words: string[]): Promise<{ code: number; stderr: string }> =>
  pilot('generate', ...words).then(
    () => ({ code: 0, stderr: '' }),
    (error: unknown) => error as { code: number; stderr: string },
  );

/** The prompt's, by the model's own vocabulary. */
async function promptTokens(): Promise<number[]> {
  const device = new CpuDevice({ cores: 1 });
  try {
    const model = await device.load({ path: testModelPath(), slots: 1, kvTokens: 64 });
    return [...(await model.encode(PROMPT))];
  } finally {
    await device.close();
  }
}

/** As soon as there is one. */
async function killHostOf(pid: number): Promise<void> {
  const children = `/proc/${pid}/task/${pid}/children`;
  const host = await vi.waitUntil(async () => Number((await readFile(children, 'utf8')).trim()), {
    timeout: 20_000,
  });
  process.kill(host, 'SIGKILL');
}

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-test-'));
  await pilot('model', 'add', testModelPath(), '--alias', 'small');
});
afterAll(async () => {
  if (existsSync(homePaths(home).instance)) await pilot('stop');
  await rm(home, { recursive: true, force: true });
});

describe('tpu-pilot generate without a backend', () => {
  it('streams the text, and starts no backend', async () => {
    const { stdout, stderr } = await generate('--prompt', PROMPT);
    expect(stdout).toMatch(/^ Paris/);
    expect(stdout).toMatch(/\n$/);
    expect(stderr).toMatch(/^Loading .*\n$/);
    expect(existsSync(homePaths(home).instance)).toBe(false);
  });

  it('goes on with tokens as with their text, from a path as from the store', async () => {
    const text = await result('--prompt', PROMPT, '--device', 'cpu');
    expect(text).toMatchObject({ finishReason: 'length', timings: { generatedTokens: 8 } });
    expect(text.tokens).toHaveLength(8);
    const [first = 0] = text.tokens;
    const { stdout } = await pilot(
      ...['generate', path.relative(process.cwd(), testModelPath()), '--json'],
      ...['--max-tokens', '7', '--tokens', [...(await promptTokens()), first].join(',')],
    );
    expect(RawResult.parse(JSON.parse(stdout)).tokens).toEqual(text.tokens.slice(1));
  });

  it('repeats its random choices with the seed', async () => {
    const say = async (seed: string): Promise<number[]> =>
      (await result('--prompt', PROMPT, '--temperature', '1.5', '--seed', seed)).tokens;
    const first = await say('1');
    expect(await say('1')).toEqual(first);
    expect(await say('2')).not.toEqual(first);
  });

  it.each([
    ['both', ['small', '--prompt', 'a', '--tokens', '1'], 2, /either --prompt with a text, or/],
    ['neither', ['small'], 2, /either --prompt with a text, or --tokens/],
    ['words for tokens', ['small', '--tokens', 'one'], 2, /ids of tokens with commas/],
    ['an unknown device', ['small', '--prompt', 'a', '--device', 'gpu'], 2, /one of auto, cpu/],
    ['an unknown token', ['small', '--tokens', '1,49152'], 1, /no token 49152: .* 0 to 49151/],
    ['an unknown model', ['nobody', '--prompt', 'a'], 1, /no model named nobody/],
    ['too long a prompt', ['small', '--prompt', 'word '.repeat(9000)], 1, /has room for/],
    ['no compiler', ['small', '--prompt', 'a', '--device', 'emulator'], 1, /toolchain install/],
    ['no card', ['small', '--prompt', 'a', '--device', 'bm1684x:99'], 1, /no such card/],
  ])('refuses %s', async (_, words, code, said) => {
    const failed = await failure(words);
    expect(failed.stderr).toMatch(said);
    expect(failed.code).toBe(code);
  });

  it('goes on after its device host was killed, to the same tokens', async () => {
    const words = ['generate', 'small', '--json', '--prompt', PROMPT, '--max-tokens', '60'];
    const whole = RawResult.parse(JSON.parse((await pilot(...words)).stdout));
    const child = spawn(process.execPath, [program, ...words], { env: env() });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const closed = new Promise((resolve) => child.once('close', resolve));
    await killHostOf(child.pid!);
    expect(await closed).toBe(0);
    expect(stdout, stderr).not.toBe('');
    expect(RawResult.parse(JSON.parse(stdout)).tokens).toEqual(whole.tokens);
  });

  it('is cancelled by Ctrl+C, and leaves no process', async () => {
    const words = ['generate', 'small', '--prompt', PROMPT, '--max-tokens', '100000'];
    const child = spawn(process.execPath, [program, ...words], { env: env() });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    // Its streams end when no child of it holds them any more.
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(stderr).toContain('The request was cancelled.');
    expect(code).toBe(1);
  });
});

describe('tpu-pilot generate beside a backend', () => {
  it('asks it, and gets what it would have computed alone', async () => {
    const alone = await result('--prompt', PROMPT);
    await pilot('chat', 'Say hello.', '--max-tokens', '1', '--model', 'small');
    const { stderr, stdout } = await generate('--prompt', PROMPT, '--json');
    expect(stderr).not.toContain('Loading');
    expect(RawResult.parse(JSON.parse(stdout)).tokens).toEqual(alone.tokens);
    const { devices } = JSON.parse((await pilot('device', 'info', '--json')).stdout) as {
      devices: { models: { id: string }[] }[];
    };
    expect(devices.flatMap(({ models }) => models)).toHaveLength(1);
  });
});

describe('generate/raw over the socket', () => {
  let backend: RealBackend;
  let client: BackendClient;
  beforeAll(async () => {
    backend = await startRealBackend();
    client = await backend.connect();
  });
  afterAll(async () => backend[Symbol.asyncDispose]());

  it('streams pieces that join to the text', async () => {
    const pieces: string[] = [];
    const { text, tokens } = await client.streamRaw({ prompt: PROMPT, maxTokens: 12 }, (part) => {
      if (part.kind === 'text') pieces.push(part.text);
    });
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(text);
    expect(tokens).toHaveLength(12);
  });

  it('refuses a prompt that is too long, or drops its middle and says so', async () => {
    const params = { prompt: 'one two three '.repeat(300), maxTokens: 8 };
    await expect(client.streamRaw(params, () => undefined)).rejects.toMatchObject({
      data: { name: 'promptTooLong' },
    });
    const notices: string[] = [];
    const { tokens, timings } = await client.streamRaw({ ...params, overflow: 'slide' }, (part) => {
      if (part.kind === 'notice') notices.push(part.message);
    });
    expect(tokens).toHaveLength(8);
    expect(timings.promptTokens).toBeGreaterThan(512);
    expect(notices).toEqual([notice('slid')]);
  });

  it('stops when it is cancelled, with what there is so far', async () => {
    const controller = new AbortController();
    const { finishReason, tokens } = await client.streamRaw(
      { prompt: PROMPT, maxTokens: 400, stop: ['\u0000'] },
      () => controller.abort(),
      controller.signal,
    );
    expect(finishReason).toBe('cancelled');
    expect(tokens.length).toBeGreaterThan(0);
    await backend.idle(client);
  });

  it('loads a model by its path, once', async () => {
    await client.request('model/load', { model: testModelPath() });
    const { model } = await client.request('generate/raw', {
      model: testModelPath(),
      prompt: PROMPT,
      maxTokens: 1,
    });
    const { devices } = await client.request('device/list', null);
    expect(devices.flatMap(({ models }) => models.map(({ id }) => id))).toEqual([model]);
  });
});
