/**
 * Latency from key to suggestion while a function is typed at human speed. Ours as an editor drives
 * it: a request at each key, the one before it cancelled. The baseline is the plain loop over the
 * library: prefix kept, newest key first, no cancelling, no cache of suggestions.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DirectProcess } from './directProcess.ts';
import type { Product } from './product.ts';
import { percentile } from './stats.ts';
import { typeOut, type Edit } from './typingTrace.ts';

export interface TypingResult {
  readonly keys: number;
  /** Of the keys that were answered before the next one. */
  readonly answered: number;
  readonly withoutDevice: number;
  readonly suggestions: number;
  readonly latencies: readonly number[];
}

const MAX_TOKENS = 64;
const FOLDER = path.join(import.meta.dirname, '../support/workspace');

/** The last lines of a file, about `keys` characters, are typed again after the rest of it. */
async function trace(file: string, keys: number): Promise<{ before: string; edits: Edit[] }> {
  const text = (await readFile(path.join(FOLDER, file), 'utf8')).replaceAll('\r\n', '\n').trimEnd();
  const start = text.lastIndexOf('\n', Math.max(0, text.length - keys)) + 1;
  return { before: text.slice(0, start), edits: typeOut(text.slice(start), start, 7) };
}

function apply(text: string, edit: Edit): string {
  return text.slice(0, edit.offset) + edit.inserted + text.slice(edit.offset + edit.removed);
}

function positionOf(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length - 1;
  return { line, character: offset - (before.lastIndexOf('\n') + 1) };
}

export async function typeWithProduct(
  product: Product,
  file: string,
  keys: number,
): Promise<TypingResult> {
  const { before, edits } = await trace(file, keys);
  const uri = `file:///bench/${file}`;
  const { client } = product;
  await client.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: 'plaintext', version: 0, text: before },
  });
  let text = before;
  let running = new AbortController();
  const latencies: number[] = [];
  const found = { withoutDevice: 0, suggestions: 0 };
  const pending: Promise<void>[] = [];
  for (const [index, edit] of edits.entries()) {
    await delay(edit.gapMs);
    running.abort();
    running = new AbortController();
    const { signal } = running;
    const range = {
      start: positionOf(text, edit.offset),
      end: positionOf(text, edit.offset + edit.removed),
    };
    text = apply(text, edit);
    await client.notify('textDocument/didChange', {
      textDocument: { uri, version: index + 1 },
      contentChanges: [{ range, text: edit.inserted }],
    });
    const begun = performance.now();
    const position = positionOf(text, edit.offset + edit.inserted.length);
    const request = client
      .request(
        'textDocument/inlineCompletion',
        { textDocument: { uri }, position, maxTokens: MAX_TOKENS },
        signal,
      )
      .then((result) => {
        if (signal.aborted) return;
        latencies.push(performance.now() - begun);
        if (result.items.length > 0) found.suggestions++;
        if (result.cached) found.withoutDevice++;
      })
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    pending.push(request);
  }
  await Promise.all(pending);
  await client.notify('textDocument/didClose', { textDocument: { uri } });
  return { keys: edits.length, answered: latencies.length, latencies, ...found };
}

export async function typeWithLibrary(
  direct: DirectProcess,
  file: string,
  keys: number,
): Promise<TypingResult> {
  const { before: start, edits } = await trace(file, keys);
  const latencies: number[] = [];
  let suggestions = 0;
  const queue: { text: string; at: number }[] = [];
  const takeNewest = () => queue.splice(0).at(-1);
  let working: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    for (let job = takeNewest(); job !== undefined; job = takeNewest()) {
      const reply = await direct.complete(job.text, MAX_TOKENS);
      // A newer key has made the answer worthless.
      if (queue.length > 0) continue;
      latencies.push(performance.now() - job.at);
      if (reply.texts[0]?.trim()) suggestions++;
    }
    working = undefined;
  };
  await direct.clear();
  let text = start;
  for (const edit of edits) {
    await delay(edit.gapMs);
    text = apply(text, edit);
    const before = text.slice(0, edit.offset + edit.inserted.length);
    queue.push({ text: before, at: performance.now() });
    working ??= work();
  }
  await working;
  return {
    keys: edits.length,
    answered: latencies.length,
    latencies,
    withoutDevice: 0,
    suggestions,
  };
}

export function summary(
  who: string,
  { keys, answered, latencies, withoutDevice, suggestions }: TypingResult,
): string {
  const share = (part: number): string => `${((100 * part) / keys).toFixed(0)} %`;
  return `| ${who} | ${keys} | ${share(answered)} | ${share(withoutDevice)} | ${share(suggestions)} | ${percentile(latencies, 0.5).toFixed(0)} ms | ${percentile(latencies, 0.95).toFixed(0)} ms |`;
}
