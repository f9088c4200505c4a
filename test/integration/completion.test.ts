/** The real model completes code over a real websocket. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BackendClient } from '../../backend/client/backendClient.ts';
import type { InlineCompletionResult, Position } from '../../backend/protocol/documents.ts';
import { startRealBackend, type RealBackend } from '../support/realBackend.ts';

const code = 'def fibonacci(n):\n    """Return the n-th Fibonacci number."""\n    ';
const cursor: Position = { line: 2, character: 4 };

let backend: RealBackend;
let client: BackendClient;
beforeAll(async () => {
  backend = await startRealBackend();
});
afterAll(async () => backend[Symbol.asyncDispose]());
// A connection of its own for each test: nothing is cached.
beforeEach(async () => {
  client = await backend.connect();
});

const uri = 'file:///work.py';
let version = 0;

async function open(text: string): Promise<void> {
  await client.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: 'python', version: ++version, text },
  });
}

async function type(position: Position, text: string): Promise<void> {
  await client.notify('textDocument/didChange', {
    textDocument: { uri, version: ++version },
    contentChanges: [{ range: { start: position, end: position }, text }],
  });
}

async function completeAt(
  position: Position,
  signal?: AbortSignal,
): Promise<InlineCompletionResult> {
  return client.request(
    'textDocument/inlineCompletion',
    // Other tests may share the processor: time is not what is tested here.
    { textDocument: { uri }, position, deadlineMs: 100_000, budgetMs: 60_000 },
    signal,
  );
}

const textOf = ({ items }: InlineCompletionResult): string => items[0]?.insertText ?? '';

describe('completion with the real model', () => {
  it('writes the body of a Python function', async () => {
    await open(code);
    const result = await completeAt(cursor);
    expect(result).toMatchObject({
      mode: 'prefix',
      cached: false,
      items: [{ range: { start: cursor, end: cursor } }],
    });
    const body = textOf(result);
    expect(body).toMatch(/^\S/);
    expect(body).toMatch(/\bn\b/);
    expect(body).toMatch(/^ *return\b/m);
    // All of it belongs to the function.
    for (const line of body.split('\n').slice(1)) expect(line).toMatch(/^(?: {4}|$)/);
  });

  it('answers with the line ends of the document', async () => {
    await open(code.replaceAll('\n', '\r\n'));
    const body = textOf(await completeAt(cursor));
    expect(body).toContain('\r\n');
    expect(body.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('answers typing through its suggestion without the device', async () => {
    await open(code);
    const body = textOf(await completeAt(cursor));
    await type(cursor, body.slice(0, 3));
    const result = await completeAt({ ...cursor, character: cursor.character + 3 });
    expect(result).toMatchObject({ cached: true, items: [{ insertText: body.slice(3) }] });
    expect(result.timings).toBeUndefined();
  });

  it('computes only what is new when something else is typed', async () => {
    await open(`${'# A comment that takes some room.\n'.repeat(20)}${code}`);
    const at = { line: cursor.line + 20, character: cursor.character };
    await completeAt(at);
    await type(at, 'result = ');
    const { timings } = await completeAt({ ...at, character: at.character + 9 });
    expect(timings?.promptTokens).toBeGreaterThan(100);
    expect(timings && timings.promptTokens - timings.cachedTokens).toBeLessThanOrEqual(12);
  });

  it('shows no connection what another one has asked', async () => {
    await open(code);
    await completeAt(cursor);
    client = await backend.connect();
    await open(code);
    await expect(completeAt(cursor)).resolves.toMatchObject({ cached: false });
  });

  it('stops when it is cancelled', async () => {
    await open(code);
    const controller = new AbortController();
    const answer = completeAt(cursor, controller.signal);
    controller.abort();
    await expect(answer).resolves.toMatchObject({ items: [], fate: 'cancelled' });
    await backend.idle(client);
  });

  it('drops a request for a place the cursor has left', async () => {
    await open(`x = 1\n${code}`);
    const first = completeAt({ line: 3, character: 4 });
    const second = completeAt({ line: 0, character: 5 });
    await expect(first).resolves.toMatchObject({ items: [], fate: 'superseded' });
    await second;
    await backend.idle(client);
  });

  it('suggests nothing inside a word', async () => {
    await open(code);
    const result = await completeAt({ line: 0, character: 6 });
    expect(result).toMatchObject({ items: [], fate: 'insideWord', cached: false });
    expect(result.timings).toBeUndefined();
  });
});
