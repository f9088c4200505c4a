/**
 * Typing at human speed, as an editor sees it: a request at each key, the one before it cancelled;
 * a suggestion stays on the screen for as long as the keys agree with it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Timings } from '../../backend/protocol/generation.ts';
import type { Completer } from './completer.ts';
import { percentile } from './stats.ts';
import type { Trace } from './typingTrace.ts';
import type { WorkLedger } from './workLedger.ts';

export interface TypingResult {
  readonly keys: number;
  /** Keys answered before the next one. */
  readonly answered: number;
  readonly withoutDevice: number;
  /** Keys that agreed with what was on the screen. */
  readonly typedThrough: number;
  readonly typedThroughWithoutDevice: number;
  /** From key to ghost text, in ms. */
  readonly latencies: readonly number[];
  /** From each key to its answer, or to the next key where none had come by then, in ms. */
  readonly waits: readonly number[];
  /** Suggestions that came on the screen; what is left of one is no new one. */
  readonly shown: number;
  /** Of these, how many were what was typed next, to their end. */
  readonly exact: number;
  /** Of these, how many had a first line that was what was typed next. */
  readonly exactLines: number;
  /** Tokens the device computed, and those of answers that came on the screen. */
  readonly work: number;
  readonly usefulWork: number;
}

export async function replay(
  completer: Completer,
  { before, edits, after: goal }: Trace,
  ledger: WorkLedger,
): Promise<TypingResult> {
  const begun = ledger.tokens;
  const latencies: number[] = [];
  const waits: number[] = [];
  const shownWork = new Map<string, Timings>();
  const count = { answered: 0, withoutDevice: 0, typedThrough: 0, typedThroughWithoutDevice: 0 };
  const found = { shown: 0, exact: 0, exactLines: 0 };
  const pending: Promise<void>[] = [];
  let text = before;
  /** On the screen; empty for nothing. */
  let ghost = '';
  let running = new AbortController();
  let unansweredSince: number | undefined;
  await completer.open(text);
  for (const edit of edits) {
    await delay(edit.gapMs);
    running.abort();
    if (unansweredSince !== undefined) waits.push(performance.now() - unansweredSince);
    running = new AbortController();
    const { signal } = running;
    const previous = text;
    text = text.slice(0, edit.offset) + edit.inserted + text.slice(edit.offset + edit.removed);
    const [now, cursor] = [text, edit.offset + edit.inserted.length];
    const agrees = edit.removed === 0 && ghost !== '' && ghost.startsWith(edit.inserted);
    if (agrees) count.typedThrough++;
    ghost = agrees ? ghost.slice(edit.inserted.length) : '';
    const pressedAt = performance.now();
    unansweredSince = pressedAt;
    const request = completer
      .type(previous, edit, now, cursor, signal)
      .then(async (suggestion) => {
        if (suggestion.withoutDevice && agrees) count.typedThroughWithoutDevice++;
        if (signal.aborted) return;
        count.answered++;
        waits.push(performance.now() - pressedAt);
        unansweredSince = undefined;
        if (suggestion.withoutDevice) count.withoutDevice++;
        const isRest = ghost !== '' && ghost === suggestion.text;
        ghost = suggestion.text;
        if (ghost === '') return;
        latencies.push(performance.now() - pressedAt);
        if (suggestion.timings)
          shownWork.set(JSON.stringify(suggestion.timings), suggestion.timings);
        if (!isRest) {
          found.shown++;
          if (goal.startsWith(now.slice(0, cursor) + ghost)) found.exact++;
          if (goal.startsWith(now.slice(0, cursor) + firstLine(ghost))) found.exactLines++;
        }
        await completer.shown(now, cursor, suggestion);
      })
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    pending.push(request);
  }
  await Promise.all(pending);
  await completer.close();
  let usefulWork = 0;
  for (const timings of shownWork.values()) usefulWork += await ledger.costOf(timings);
  return {
    keys: edits.length,
    ...count,
    ...found,
    latencies,
    waits,
    work: ledger.tokens - begun,
    usefulWork,
  };
}

/** All of one side's results as one. */
export function total(results: readonly TypingResult[]): TypingResult {
  const sum = (pick: (result: TypingResult) => number): number =>
    results.reduce((all, result) => all + pick(result), 0);
  return {
    keys: sum((one) => one.keys),
    answered: sum((one) => one.answered),
    withoutDevice: sum((one) => one.withoutDevice),
    typedThrough: sum((one) => one.typedThrough),
    typedThroughWithoutDevice: sum((one) => one.typedThroughWithoutDevice),
    latencies: results.flatMap((one) => one.latencies),
    waits: results.flatMap((one) => one.waits),
    shown: sum((one) => one.shown),
    exact: sum((one) => one.exact),
    exactLines: sum((one) => one.exactLines),
    work: sum((one) => one.work),
    usefulWork: sum((one) => one.usefulWork),
  };
}

export const typingHead =
  '| typing | keys | answered before the next key | without the device | typed-through keys | of these without the device | ghost text p50 | p95 | wait p50 | p95 | suggestions shown | right to the end | first line right | device work | of it wasted |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|';

export function typingRow(who: string, result: TypingResult): string {
  const share = (part: number, whole: number): string =>
    whole === 0 ? '-' : `${((100 * part) / whole).toFixed(0)} %`;
  const { keys, latencies, waits } = result;
  const cells = [
    who,
    keys,
    share(result.answered, keys),
    share(result.withoutDevice, keys),
    result.typedThrough,
    share(result.typedThroughWithoutDevice, result.typedThrough),
    `${percentile(latencies, 0.5).toFixed(0)} ms`,
    `${percentile(latencies, 0.95).toFixed(0)} ms`,
    `${percentile(waits, 0.5).toFixed(0)} ms`,
    `${percentile(waits, 0.95).toFixed(0)} ms`,
    result.shown,
    result.exact,
    result.exactLines,
    `${result.work} tokens`,
    `${result.work - result.usefulWork} tokens`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The targets, each as a sentence that says whether it holds. */
export function verdicts(ours: TypingResult, baseline: TypingResult): string[] {
  const rate = ours.typedThroughWithoutDevice / ours.typedThrough;
  const p95 = percentile(ours.latencies, 0.95) / percentile(baseline.latencies, 0.95);
  const wait = percentile(ours.waits, 0.95) / percentile(baseline.waits, 0.95);
  const waste = (ours.work - ours.usefulWork) / (baseline.work - baseline.usefulWork);
  const verdict = (holds: boolean): string => (holds ? 'holds' : 'does NOT hold');
  return [
    `Typed-through keys without the device: ${(100 * rate).toFixed(1)} %, target >= 90 %: ${verdict(rate >= 0.9)}.`,
    `p95 from key to ghost text, of what came before the next key (${ours.latencies.length} and ${baseline.latencies.length} keys), ours / baseline: ${p95.toFixed(2)}, target <= 1: ${verdict(p95 <= 1)}.`,
    `p95 of the wait after a key, for an answer or until the next key, ours / baseline: ${wait.toFixed(2)}, target <= 1: ${verdict(wait <= 1)}.`,
    `Wasted device work, ours / baseline: ${waste.toFixed(2)}, target <= 0.5: ${verdict(waste <= 0.5)}.`,
  ];
}

function firstLine(text: string): string {
  const end = text.indexOf('\n', text.startsWith('\n') ? 1 : 0);
  return end < 0 ? text : text.slice(0, end);
}
