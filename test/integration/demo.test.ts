/** The bundled program with the real model: `demo`, and commands that share one backend. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { homePaths } from '../../backend/client/home.ts';
import { ChatResult } from '../../backend/protocol/chat.ts';
import { InlineCompletionResult } from '../../backend/protocol/documents.ts';
import { testModelPath } from '../support/provideModel.ts';

const execute = promisify(execFile);
const program = path.join(import.meta.dirname, '../../dist/main.js');

let home: string;
const pilot = (...words: string[]): Promise<{ stdout: string; stderr: string }> =>
  execute(process.execPath, [program, ...words], { env: { ...process.env, TPU_PILOT_HOME: home } });

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-test-'));
  await pilot('model', 'add', testModelPath(), '--alias', 'default');
});
afterAll(async () => {
  await pilot('stop');
  await rm(home, { recursive: true, force: true });
});

describe('tpu-pilot demo', () => {
  it('shows an answer and a completion, and stops the backend it started', async () => {
    const { stdout, stderr } = await pilot('demo', '--json');
    const { chat, completion } = z
      .object({ chat: ChatResult, completion: InlineCompletionResult })
      .parse(JSON.parse(stdout));
    expect(chat.text).toMatch(/\w+ \w+/);
    expect(chat.timings.firstTokenMs).toBeGreaterThan(0);
    expect(chat.timings.tokensPerSecond).toBeGreaterThan(0);
    expect(completion).toMatchObject({ mode: 'prefix', cached: false });
    expect(completion.items[0]?.insertText).toContain('return');
    expect(stderr).toContain('def fibonacci(n):');
    expect(stderr).toMatch(/first token \d+ ms, [\d.]+ tokens\/s, \d+ tokens, mode prefix/);
    expect(existsSync(homePaths(home).instance)).toBe(false);
  });
});

describe('chat and complete', () => {
  it('start a backend, say so, and leave it for each other', async () => {
    const chat = await pilot('chat', 'What is a list?', '--max-tokens', '8', '--temperature', '0');
    expect(chat.stderr).toContain('Started a backend');
    expect(chat.stdout).toMatch(/\w+ \w+.*\n$/s);
    const file = path.join(home, 'a.py');
    await writeFile(file, 'for i in range(10):\n    print(\n');
    const complete = await pilot('complete', '--file', file, '--line', '2', '--column', '11');
    expect(complete.stderr).not.toContain('Started a backend');
    expect(complete.stdout).toMatch(/i/);
    expect(existsSync(homePaths(home).instance)).toBe(true);
  });
});
