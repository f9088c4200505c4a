import { expect, test } from 'vitest';
import fc from 'fast-check';
import {
  addCounts,
  LATENCY_CLASSES,
  latencyClass,
  percentile,
} from '../../../extension/completion/latencyHistogram.ts';
import {
  CompletionRecord,
  dayOf,
  emptyRecord,
  merge,
  record,
  type RecordEvent,
} from '../../../extension/completion/record.ts';

const start = new Date(2026, 0, 31, 12);
const counted = (events: readonly RecordEvent[], language = 'go', at = start): CompletionRecord =>
  events.reduce((sum, event) => record(sum, at, language, event), emptyRecord(start));

test('each event adds to its own numbers', () => {
  const { days } = counted([
    { kind: 'answered', cached: true },
    { kind: 'answered', cached: false },
    { kind: 'shown', ms: 85 },
    { kind: 'ended', outcome: 'accepted', characters: 12 },
    { kind: 'ended', outcome: 'partly', characters: 3 },
    { kind: 'ended', outcome: 'typedThrough', characters: 0 },
    { kind: 'checked', when: 'soon', kept: true },
    { kind: 'checked', when: 'late', kept: false },
  ]);
  const { latency, ...numbers } = days['2026-01-31']?.['go'] ?? { latency: [] };
  expect(numbers).toEqual({
    requests: 2,
    cached: 1,
    shown: 1,
    accepted: 1,
    partly: 1,
    typedThrough: 1,
    characters: 15,
    checkedSoon: 1,
    keptSoon: 1,
    checkedLate: 1,
    keptLate: 0,
  });
  expect(latency.reduce((a, b) => a + b, 0)).toBe(1);
});

test('its form holds no text but language names and dates', () => {
  const saved = JSON.stringify(counted([{ kind: 'shown', ms: 1 }], 'typescript'));
  const strings = Array.from(saved.matchAll(/"([^"]*)"/g), ([, text]) => text);
  const numbers =
    /^(requests|cached|shown|accepted|partly|typedThrough|characters|checked(Soon|Late)|kept(Soon|Late)|latency)$/;
  expect(strings.filter((text = '') => !numbers.test(text))).toEqual([
    'version',
    'since',
    start.toISOString(),
    'days',
    '2026-01-31',
    'typescript',
  ]);
});

test('days and languages are bounded, the newest days and the first languages stay', () => {
  let sum = emptyRecord(start);
  for (let day = 0; day < 300; day++) {
    sum = record(sum, new Date(2026, 0, 1 + day), 'go', { kind: 'shown', ms: 1 });
  }
  for (let i = 0; i < 50; i++) sum = record(sum, start, `language${i}`, { kind: 'shown', ms: 1 });
  const days = Object.keys(sum.days).sort();
  expect(days).toHaveLength(183);
  expect(days.at(-1)).toBe(dayOf(new Date(2026, 0, 300)));
  for (let i = 0; i < 50; i++) {
    sum = record(sum, new Date(2026, 9, 20), `language${i}`, { kind: 'shown', ms: 1 });
  }
  const languages = sum.days['2026-10-20'] ?? {};
  expect(Object.keys(languages).length).toBeLessThanOrEqual(25);
  expect(languages['other']?.shown).toBeGreaterThan(20);
  expect(CompletionRecord.parse(JSON.parse(JSON.stringify(sum)))).toEqual(sum);
});

test('merging two windows adds up, in either order', () => {
  const a = counted([{ kind: 'shown', ms: 20 }], 'go');
  const b = counted([{ kind: 'shown', ms: 9000 }], 'rust');
  expect(merge(a, b).days).toEqual(merge(b, a).days);
  expect(Object.keys(merge(a, b).days['2026-01-31'] ?? {}).sort()).toEqual(['go', 'rust']);
});

test('a percentile is at most a tenth too high, and never too low', () => {
  const latencies = fc.array(fc.double({ min: 10, max: 10_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(latencies, fc.constantFrom(0.5, 0.95, 1), (values, share) => {
      const counts = values.reduce<number[]>((sum, value) => {
        const one = Array.from({ length: latencyClass(value) + 1 }, () => 0);
        one[one.length - 1] = 1;
        return addCounts(sum, one);
      }, []);
      expect(counts.length).toBeLessThanOrEqual(LATENCY_CLASSES);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(values.length * share) - 1] ?? 0;
      const found = percentile(counts, share) ?? 0;
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(Math.max(exact * 1.1 + 1e-6, 10));
    }),
  );
  expect(percentile([], 0.5)).toBeUndefined();
});
