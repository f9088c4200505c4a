/** What is computed before anybody asks, with the real model over a real websocket. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BackendClient } from '../../backend/client/backendClient.ts';
import type { Position } from '../../backend/protocol/documents.ts';
import type { ParamsOf } from '../../backend/protocol/methods.ts';
import { startRealBackend, type RealBackend } from '../support/realBackend.ts';

const head = '# Numbers of all kinds, and what can be done with them.\n'.repeat(4);
const code = `${head}def add(a, b):\n    """Return the sum of a and b."""\n    total =`;
const end: Position = { line: 6, character: 11 };
const uri = 'file:///ahead.py';

let backend: RealBackend;
let client: BackendClient;
let warmed = 0;
beforeAll(async () => {
  backend = await startRealBackend();
});
afterAll(async () => backend[Symbol.asyncDispose]());
beforeEach(async () => {
  client = await backend.connect();
  await client.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: 'python', version: 1, text: code },
  });
  warmed = await warmups();
});

type Changes = Partial<ParamsOf<'textDocument/inlineCompletion'>>;

function complete(position: Position, changes: Changes = {}) {
  return client.request('textDocument/inlineCompletion', {
    textDocument: { uri },
    position,
    deadlineMs: 100_000,
    budgetMs: 60_000,
    ...changes,
  });
}

/** Requests of the class that yields, which have ended. */
async function warmups(): Promise<number> {
  const { text } = await client.request('metrics/snapshot', null);
  const counts = text.matchAll(/^tpu_pilot_requests_total\{.*class="warmup".*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Resolves when one more warm-up has ended. */
async function oneMore(): Promise<void> {
  while ((await warmups()) === warmed) await delay(20);
}

describe('ahead of a request', () => {
  it('the prompt is computed when the editor says that somebody may type', async () => {
    await client.notify('completion/warm', { textDocument: { uri }, position: end });
    await oneMore();
    const { timings } = await complete(end);
    expect(timings?.promptTokens).toBeGreaterThan(60);
    expect(timings && timings.promptTokens - timings.cachedTokens).toBeLessThanOrEqual(3);
  });

  it('the suggestion behind the one on the screen is computed, for when it is accepted', async () => {
    const { items } = await complete(end);
    const insertText = items[0]?.insertText ?? '';
    expect(insertText).not.toBe('');
    await client.notify('completion/shown', { textDocument: { uri }, position: end, insertText });
    await oneMore();
    await client.notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: end, end }, text: insertText }],
    });
    const accepted = await complete({ ...end, character: end.character + insertText.length });
    expect(accepted).toMatchObject({ cached: true, fate: 'suggested' });
    expect(accepted.items[0]?.insertText).toMatch(/^\n+ {4}\S/);
  });

  it('a notification about nothing does no harm', async () => {
    await client.notify('completion/shown', {
      textDocument: { uri: 'file:///none' },
      position: end,
      insertText: 'x',
    });
    await client.notify('completion/warm', {
      textDocument: { uri: 'file:///none' },
      position: end,
    });
    await expect(complete(end)).resolves.toMatchObject({ cached: false });
  });
});

describe('asked by hand', () => {
  it('several different suggestions come, the greedy one first', async () => {
    const text = `${head}def greet(name):\n    message =`;
    await client.notify('textDocument/didOpen', {
      textDocument: { uri, languageId: 'python', version: 2, text },
    });
    const at = { line: 5, character: 13 };
    const byHand = { context: { triggerKind: 1 as const }, maxLines: 1 };
    const { items, fate } = await complete(at, { ...byHand, alternatives: 5 });
    expect(fate).toBe('suggested');
    const texts = items.map(({ insertText }) => insertText);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.length).toBeGreaterThan(1);
    await expect(complete(at, byHand)).resolves.toMatchObject({
      cached: true,
      items: [{ insertText: texts[0] }],
    });
  });
});

describe('texts from elsewhere', () => {
  it('are computed once, and stay while something is typed', async () => {
    const related = [
      { kind: 'file' as const, name: 'numbers.py', text: 'def double(a):\n    return 2 * a\n' },
    ];
    const first = await complete(end, { related });
    await client.notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: end, end }, text: ' 3 *' }],
    });
    const other = [{ ...related[0]!, text: 'something else' }];
    const { timings } = await complete(
      { ...end, character: end.character + 4 },
      { related: other },
    );
    expect(timings?.promptTokens).toBeGreaterThan(first.timings?.promptTokens ?? Infinity);
    expect(timings && timings.promptTokens - timings.cachedTokens).toBeLessThanOrEqual(6);
  });
});
