/**
 * Typing as a trace of edits with times: what a person's keys do to a document. The text is real
 * code; the times come from a seeded model of a typist, since a recording of a person would carry
 * that person's rhythm into the repository. Log-normal gaps around 180 ms between keys, longer ones
 * at the start of words and lines, a slip with its correction in 2 of 100 keys (Dhakal et al. 2018,
 * "Observations on Typing from 136 Million Keystrokes": mean gap 238 ms, 2.3 corrections per 100).
 */

import { readFile } from 'node:fs/promises';
import path from 'node:path';

const FOLDER = path.join(import.meta.dirname, '../support/workspace');

export interface Edit {
  /** Time since the edit before, in ms. */
  readonly gapMs: number;
  readonly offset: number;
  /** Characters removed at the offset. */
  readonly removed: number;
  readonly inserted: string;
}

/** A file of real code. */
export interface Source {
  readonly file: string;
  readonly language: string;
  /** How a comment begins in it. */
  readonly comment: string;
  /** With LF line ends. */
  readonly text: string;
}

const sources: readonly Omit<Source, 'text'>[] = [
  { file: 'ringBuffer.ts', language: 'typescript', comment: '//' },
  { file: 'statistics.py', language: 'python', comment: '#' },
  { file: 'wordcount.go', language: 'go', comment: '//' },
  { file: 'temperature.cpp', language: 'cpp', comment: '//' },
];

export async function corpus(): Promise<Source[]> {
  return Promise.all(
    sources.map(async (source) => {
      const code = await readFile(path.join(FOLDER, source.file), 'utf8');
      return { ...source, text: code.replaceAll('\r\n', '\n') };
    }),
  );
}

/** A document, what is done to it, and what it is then. */
export interface Trace {
  readonly before: string;
  readonly edits: readonly Edit[];
  readonly after: string;
}

/**
 * The last lines of a file, about `keys` characters, are typed again after the rest of it.
 * @param head a first line that is not in the file: who reads another one has nothing of it cached
 */
export function traceOf(source: Source, keys: number, head: string): Trace {
  const text = `${source.comment} ${head}\n${source.text.trimEnd()}`;
  const start = text.lastIndexOf('\n', Math.max(0, text.length - keys)) + 1;
  return {
    before: text.slice(0, start),
    edits: typeOut(text.slice(start), start, 7),
    after: text,
  };
}

export function positionOf(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length - 1;
  return { line, character: offset - (before.lastIndexOf('\n') + 1) };
}

/** mulberry32: a small generator with a full period of 2^32, good enough for a typist's rhythm. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The edits that type `text` at `offset`. An editor indents by itself, so the spaces that begin a
 * line come with its line break.
 */
function typeOut(text: string, offset: number, seed: number): Edit[] {
  const random = generator(seed);
  const gap = (medianMs: number): number => {
    const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.round(Math.min(2000, medianMs * Math.exp(0.4 * gauss)));
  };
  const edits: Edit[] = [];
  let at = offset;
  for (const key of text.match(/\n[ \t]*|[^\n]/gu) ?? []) {
    const medianMs = key.startsWith('\n') ? 450 : key === ' ' ? 240 : 180;
    if (/[a-z]/.test(key) && random() < 0.02) {
      edits.push({ gapMs: gap(medianMs), offset: at, removed: 0, inserted: 'x' });
      edits.push({ gapMs: gap(320), offset: at, removed: 1, inserted: '' });
    }
    edits.push({ gapMs: gap(medianMs), offset: at, removed: 0, inserted: key });
    at += key.length;
  }
  return edits;
}
