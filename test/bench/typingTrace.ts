/**
 * Typing as a trace of edits with times: what a person's keys do to a document. The text is real
 * code; the times come from a seeded model of a typist, since a recording of a person would carry
 * that person's rhythm into the repository. Log-normal gaps around 180 ms between keys, longer ones
 * at the start of words and lines, a slip with its correction in 2 of 100 keys (Dhakal et al. 2018,
 * "Observations on Typing from 136 Million Keystrokes": mean gap 238 ms, 2.3 corrections per 100).
 */

export interface Edit {
  /** Time since the edit before, in ms. */
  readonly gapMs: number;
  readonly offset: number;
  /** Characters removed at the offset. */
  readonly removed: number;
  readonly inserted: string;
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
export function typeOut(text: string, offset: number, seed: number): Edit[] {
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
