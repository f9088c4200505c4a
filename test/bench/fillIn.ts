/**
 * How well a model fills in, in each order of the prompt, on a fixed corpus: the ends of lines are
 * taken out of real code, one at a time, and asked for again. A model without fill-in tokens has no
 * order; it is asked with the text before the hole.
 */
import type { FillInOrder, InlineCompletionResult } from '../../backend/protocol/documents.ts';
import { percentile } from './stats.ts';
import { startTypingBackend, type TypingBackend } from './typingBackend.ts';
import { corpus, positionOf } from './typingTrace.ts';

/** A document without a part of it. */
interface Hole {
  readonly uri: string;
  readonly language: string;
  readonly text: string;
  readonly offset: number;
  readonly missing: string;
}

interface Score {
  readonly exact: boolean;
  /** 1 for the same text, 0 for one that has nothing of it. */
  readonly similarity: number;
  readonly firstTokenMs: number;
  readonly computedTokens: number;
}

const orders: readonly FillInOrder[] = ['suffix-prefix-middle', 'prefix-suffix-middle'];
const DEADLINE_MS = 120_000;
/** Shorter holes are guessed. */
const SHORTEST = 4;

/** Every line in turn loses its second half, from the beginning of a word on. */
async function holes(): Promise<Hole[]> {
  const files = await corpus();
  return files.flatMap(({ file, language, text }) =>
    [...text.matchAll(/^[ \t]*(\S.*)$/gm)].flatMap((line) => {
      const end = line.index + line[0].length;
      const middle = end - (line[1] ?? '').length / 2;
      const words = [...line[0].matchAll(/(?<=[ (.=])\w/g)].map(({ index }) => line.index + index);
      const [offset] = words.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
      if (offset === undefined || end - offset < SHORTEST) return [];
      return [
        {
          uri: `file:///bench/${file}`,
          language,
          text: text.slice(0, offset) + text.slice(end),
          offset,
          missing: text.slice(offset, end),
        },
      ];
    }),
  );
}

async function fill(
  { client }: TypingBackend,
  { uri, language: languageId, text, offset, missing }: Hole,
  fillInOrder: FillInOrder | undefined,
): Promise<Score> {
  const textDocument = { uri, languageId, version: 1, text };
  await client.notify('textDocument/didOpen', { textDocument });
  const { items, timings }: InlineCompletionResult = await client.request(
    'textDocument/inlineCompletion',
    {
      textDocument: { uri },
      position: positionOf(text, offset),
      deadlineMs: DEADLINE_MS,
      ...(fillInOrder && { fillInOrder }),
    },
  );
  await client.notify('textDocument/didClose', { textDocument: { uri } });
  const [line = ''] = (items[0]?.insertText ?? '').split('\n');
  return {
    exact: line === missing,
    similarity: 1 - distance(line, missing) / Math.max(line.length, missing.length),
    firstTokenMs: timings?.firstTokenMs ?? Number.NaN,
    computedTokens: timings ? timings.promptTokens - timings.cachedTokens : 0,
  };
}

export async function runFillIn(model: string, print: (line: string) => void): Promise<void> {
  await using backend = await startTypingBackend(model);
  const all = await holes();
  const hasFillIn = backend.engine.resolve(undefined, 'completion').metadata.fillIn !== undefined;
  if (!hasFillIn) {
    print(
      'This model has no fill-in tokens: nothing is filled in, and there is no order to compare.',
    );
    print('What follows is its completion from the text before each hole.\n');
  }
  print(
    '| order | holes | exact | edit similarity, mean | first token p50 | prompt tokens computed, mean |',
  );
  print('|---|---|---|---|---|---|');
  for (const order of hasFillIn ? orders : [undefined]) {
    const scores: Score[] = [];
    for (const hole of all) scores.push(await fill(backend, hole, order));
    print(row(order ?? 'prefix only', scores));
  }
}

function row(name: string, scores: readonly Score[]): string {
  const mean = (pick: (score: Score) => number): number =>
    scores.reduce((sum, score) => sum + pick(score), 0) / scores.length;
  const known = scores.map(({ firstTokenMs }) => firstTokenMs).filter(Number.isFinite);
  const cells = [
    name,
    scores.length,
    `${(100 * mean(({ exact }) => Number(exact))).toFixed(0)} %`,
    mean(({ similarity }) => similarity).toFixed(2),
    `${percentile(known, 0.5).toFixed(0)} ms`,
    mean(({ computedTokens }) => computedTokens).toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Levenshtein's: characters to insert, remove or change to make one text the other. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 0; i < a.length; i++) {
    const line = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const changed = (above[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      line.push(Math.min(changed, (above[j + 1] ?? 0) + 1, (line[j] ?? 0) + 1));
    }
    above = line;
  }
  return above[b.length] ?? 0;
}
