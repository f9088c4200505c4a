/**
 * The private record of suggestions: numbers by day and language, never text, file names or
 * addresses. It stays on this machine.
 */
import * as z from 'zod';
import { addCounts, LATENCY_CLASSES, latencyClass } from './latencyHistogram.ts';

const Count = z.int().min(0);

/** What is counted. New numbers default to 0, so that an older file can be read. */
const Tally = z.object({
  /** Requests that the backend answered. */
  requests: Count.default(0),
  /** Of these, answered without the device. */
  cached: Count.default(0),
  /** Suggestions that got onto the screen; one that was typed through counts once. */
  shown: Count.default(0),
  accepted: Count.default(0),
  partly: Count.default(0),
  typedThrough: Count.default(0),
  /** UTF-16 units that came by accepting. */
  characters: Count.default(0),
  /** Accepted texts that were looked for again, and were still there. */
  checkedSoon: Count.default(0),
  keptSoon: Count.default(0),
  checkedLate: Count.default(0),
  keptLate: Count.default(0),
  /** From the editor's request to the suggestion, see latencyHistogram.ts. */
  latency: z.array(Count).max(LATENCY_CLASSES).default([]),
});
export type Tally = z.infer<typeof Tally>;

const Day = z.iso.date();
const Language = z.string().min(1).max(64);

export const CompletionRecord = z.object({
  version: z.literal(1),
  /** When counting began, or began anew; ISO 8601. */
  since: z.iso.datetime(),
  days: z.record(Day, z.record(Language, Tally)),
});
export type CompletionRecord = z.infer<typeof CompletionRecord>;

/** Something that happened to suggestions of one language. */
export type RecordEvent =
  | { readonly kind: 'answered'; readonly cached: boolean }
  | { readonly kind: 'shown'; readonly ms: number }
  | {
      readonly kind: 'ended';
      readonly outcome: 'accepted' | 'partly' | 'typedThrough';
      readonly characters: number;
    }
  | { readonly kind: 'checked'; readonly when: 'soon' | 'late'; readonly kept: boolean };

/** Half a year; with all languages a person uses, a few hundred kB at most. */
const MAX_DAYS = 183;
const MAX_LANGUAGES = 24;
const OTHERS = 'other';

export const emptyTally: Tally = Tally.parse({});

export function emptyRecord(since: Date): CompletionRecord {
  return { version: 1, since: since.toISOString(), days: {} };
}

/** The person's own day, as `2026-01-31`. */
export function dayOf(date: Date): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

function tallyOf(event: RecordEvent): Tally {
  switch (event.kind) {
    case 'answered':
      return { ...emptyTally, requests: 1, cached: event.cached ? 1 : 0 };
    case 'shown': {
      const latency = Array.from({ length: latencyClass(event.ms) + 1 }, () => 0);
      latency[latency.length - 1] = 1;
      return { ...emptyTally, shown: 1, latency };
    }
    case 'ended':
      return { ...emptyTally, [event.outcome]: 1, characters: event.characters };
    case 'checked':
      return event.when === 'soon'
        ? { ...emptyTally, checkedSoon: 1, keptSoon: event.kept ? 1 : 0 }
        : { ...emptyTally, checkedLate: 1, keptLate: event.kept ? 1 : 0 };
    default:
      return event satisfies never;
  }
}

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    requests: a.requests + b.requests,
    cached: a.cached + b.cached,
    shown: a.shown + b.shown,
    accepted: a.accepted + b.accepted,
    partly: a.partly + b.partly,
    typedThrough: a.typedThrough + b.typedThrough,
    characters: a.characters + b.characters,
    checkedSoon: a.checkedSoon + b.checkedSoon,
    keptSoon: a.keptSoon + b.keptSoon,
    checkedLate: a.checkedLate + b.checkedLate,
    keptLate: a.keptLate + b.keptLate,
    latency: addCounts(a.latency, b.latency),
  };
}

/** The record with one more event. */
export function record(
  to: CompletionRecord,
  at: Date,
  languageId: string,
  event: RecordEvent,
): CompletionRecord {
  const days = { [dayOf(at)]: { [languageId.slice(0, 64) || OTHERS]: tallyOf(event) } };
  return merge(to, { ...to, days });
}

/** Both records added up, cut to the newest days. `since` is that of the first. */
export function merge(a: CompletionRecord, b: CompletionRecord): CompletionRecord {
  const names = [...new Set([...Object.keys(a.days), ...Object.keys(b.days)])].sort();
  const days = names
    .slice(-MAX_DAYS)
    .map((day) => [day, mergeDay(a.days[day] ?? {}, b.days[day] ?? {})] as const);
  return { ...a, days: Object.fromEntries(days) };
}

type Languages = Readonly<Record<string, Tally>>;

function mergeDay(a: Languages, b: Languages): Languages {
  const merged = new Map(Object.entries(a));
  for (const [language, tally] of Object.entries(b)) {
    const isNew = !merged.has(language) && merged.size >= MAX_LANGUAGES;
    const name = isNew ? OTHERS : language;
    merged.set(name, addTallies(merged.get(name) ?? emptyTally, tally));
  }
  return Object.fromEntries(merged);
}
