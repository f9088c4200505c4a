/** Many clients stream while processes are killed with -9: nothing hangs, everything is answered. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { isAlive } from '../../backend/client/instanceFile.ts';
import type { ChatResult } from '../../backend/protocol/chat.ts';
import { BackendProcess } from '../support/backendProcess.ts';
import { testModelPath } from '../support/provideModel.ts';

/** More than there are slots, so that some wait. */
const CLIENTS = 12;
const args = ['--model', testModelPath()];

interface Stream {
  readonly client: BackendClient;
  /** Resolves with the first text. */
  readonly begun: Promise<void>;
  readonly notices: string[];
  text: string;
  readonly answer: Promise<ChatResult>;
}

let home: string;
let backend: BackendProcess;
let clients: BackendClient[];

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-test-'));
  backend = BackendProcess.spawn(home, args);
  const { target } = await backend.ready();
  clients = await Promise.all(
    Array.from({ length: CLIENTS }, async () => BackendClient.connect(target)),
  );
});

afterEach(async () => {
  for (const client of clients) await client.close();
  await backend.end();
  await rm(home, { recursive: true, force: true });
});

function stream(client: BackendClient, index: number, maxTokens: number): Stream {
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const started: Omit<Stream, 'answer'> = { client, begun, notices: [], text: '' };
  const answer = client.streamChat(
    {
      messages: [{ role: 'user', content: `Tell a long story about village number ${index}.` }],
      sampling: { temperature: 1, seed: index },
      maxTokens,
    },
    (part) => {
      if (part.kind === 'notice') started.notices.push(part.message);
      if (part.kind !== 'text') return;
      started.text += part.text;
      begin();
    },
  );
  // Each test says what it expects; until then nobody waits for it.
  answer.catch(() => undefined);
  return Object.assign(started, { answer });
}

async function hostPid(client: BackendClient): Promise<number> {
  const { devices } = await client.request('device/list', null);
  const pid = devices[0]?.pid;
  if (pid === undefined) throw new Error('There is no device host.');
  return pid;
}

it('a killed device host: every answer goes on to its end, in one stream', async () => {
  const streams = clients.map((client, index) => stream(client, index, 24));
  await Promise.race(streams.map(async ({ begun }) => begun));
  const [first] = clients;
  if (!first) throw new Error('There is no client.');
  const before = await hostPid(first);
  process.kill(before, 'SIGKILL');

  for (const one of streams) {
    const { text, finishReason, timings } = await one.answer;
    expect(['stop', 'length']).toContain(finishReason);
    expect(timings.generatedTokens).toBeLessThanOrEqual(24);
    expect(one.text).toBe(text);
  }
  expect(streams.some(({ notices }) => notices.length > 0)).toBe(true);
  const status = await first.request('backend/status', null);
  expect(status).toMatchObject({ state: 'ready', running: 0, waiting: 0 });
  expect(status.devices[0]).toMatchObject({ restarts: 1 });
  expect(await hostPid(first)).not.toBe(before);
});

it('a killed backend: every request is answered by its client, and the next backend serves', async () => {
  const streams = clients.map((client, index) => stream(client, index, 500));
  await Promise.race(streams.map(async ({ begun }) => begun));
  const [first] = clients;
  if (!first) throw new Error('There is no client.');
  const host = await hostPid(first);
  await backend.end('SIGKILL');

  for (const { answer, client } of streams) {
    await expect(answer).rejects.toMatchObject({ errorName: 'connectionLost' });
    await client.closed;
  }
  // Its device host does not stay behind, holding memory or a card.
  await expect.poll(() => isAlive(host), { timeout: 10_000 }).toBe(false);

  // The lock it left is taken over at once.
  backend = BackendProcess.spawn(home, args);
  const { target } = await backend.ready();
  clients = [await BackendClient.connect(target)];
  const [again] = clients.map((client, index) => stream(client, index, 8));
  expect((await again?.answer)?.timings.generatedTokens).toBeGreaterThan(0);
});
