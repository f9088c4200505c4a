import { afterEach, expect, test } from 'vitest';
import { refusalOf, type Situation } from '../../../extension/completion/fate.ts';
import { CompletionHistory, type HistoryEntry } from '../../../extension/completion/history.ts';
import { emptyRecord, record, type RecordEvent } from '../../../extension/completion/record.ts';
import { statisticsText } from '../../../extension/completion/statisticsText.ts';
import { whyText, type CurrentSituation } from '../../../extension/completion/whyText.ts';
import { fake } from '../../support/fakeVscode.ts';

afterEach(() => fake.reset());

const allowed: Situation = {
  enabled: true,
  languageEnabled: true,
  paused: false,
  admitted: true,
  tooLarge: false,
  connected: true,
  hasModel: true,
};

test.each<[Partial<Situation>, string | undefined]>([
  [{}, undefined],
  [{ enabled: false, connected: false }, 'off'],
  [{ languageEnabled: false, paused: true }, 'languageOff'],
  [{ paused: true, admitted: false }, 'paused'],
  [{ admitted: false, connected: false }, 'excluded'],
  [{ tooLarge: true, connected: false }, 'tooLarge'],
  [{ connected: false, hasModel: false }, 'noBackend'],
  [{ hasModel: false }, 'noModel'],
])('%j is refused as %s', (change, expected) => {
  expect(refusalOf({ ...allowed, ...change })).toBe(expected);
});

const at = new Date(2026, 0, 31, 14, 5, 9);
const timings = {
  queueMs: 2,
  firstTokenMs: 85.4,
  totalMs: 130,
  promptTokens: 100,
  cachedTokens: 90,
  generatedTokens: 8,
};
const result = { cached: false, mode: 'prefix' as const, model: 'm', timings };

function historyOf(...entries: Partial<HistoryEntry>[]): CompletionHistory {
  const history = new CompletionHistory();
  for (const entry of entries) history.add({ at, file: 'src/a.ts', fate: 'nothing', ...entry });
  return history;
}

const here: CurrentSituation = {
  file: 'src/a.ts',
  refusal: undefined,
  editorEnabled: true,
  trusted: true,
  context: [],
};

test('requests that end alike in a row are one line; others are one each, newest first', () => {
  const history = historyOf(
    { fate: 'paused' },
    { fate: 'paused' },
    { fate: 'paused', file: 'b.ts' },
    { fate: 'suggested' },
    { fate: 'suggested' },
  );
  expect(history.entries.map(({ fate, count }) => [fate, count])).toEqual([
    ['suggested', 1],
    ['suggested', 1],
    ['paused', 1],
    ['paused', 2],
  ]);
});

test('the last fifty are kept', () => {
  const many = Array.from({ length: 80 }, (_, i) => ({ file: `${i}.ts` }));
  const { entries } = historyOf(...many);
  expect(entries).toHaveLength(50);
  expect(entries[0]?.file).toBe('79.ts');
});

test('a request is a row with what was measured, and each fate says what to do', () => {
  const { entries } = historyOf(
    { fate: 'suggested', result, totalMs: 140, outcome: 'accepted' },
    { fate: 'failed', detail: 'The queue | is full.', totalMs: 3 },
    { fate: 'suggested', result: { ...result, cached: true }, totalMs: 4, outcome: 'continued' },
  );
  const text = whyText(entries, here);
  expect(text).toContain(
    '| 14:05:09 | src/a.ts | suggested | still shown | cache | – | – | 4 ms |',
  );
  expect(text).toContain(String.raw`error: The queue \| is full. | – | – | – | – | 3 ms |`);
  expect(text).toContain('| suggested | accepted | device | 2 ms | 85 ms | 140 ms |');
  expect(text).toContain('- **error** – The message in the table');
  expect(text).not.toContain('- **suggested**');
});

test.each<[string, Partial<CurrentSituation>, RegExp]>([
  ['nothing in the way', {}, /Nothing stands in the way/],
  ['a reason', { refusal: 'tooLarge' }, /\*\*file is too large\*\* – Files over one million/],
  ['the editor’s own switch', { editorEnabled: false }, /editor\.inlineSuggest\.enabled is off/],
  ['no file', { file: undefined }, /No text file is in front/],
  ['text of other files', { context: ['a_b.ts', 'c.ts'] }, /text from: a\\_b\.ts, c\.ts\./],
  ['no trust', { trusted: false }, /This workspace is not trusted/],
])('what holds now: %s', (_, change, expected) => {
  expect(whyText([], { ...here, ...change })).toMatch(expected);
});

test('a file name is text, whatever is in it', () => {
  const { entries } = historyOf({ file: 'a|b`<img src=x>.ts' });
  expect(whyText(entries, here)).toContain(String.raw`a\|b\`\<img src=x\>.ts`);
});

const today = new Date(2026, 0, 31, 18);
const path = '/home/someone/record.json';

test('the statistics say how much, how fast, and where the numbers lie', () => {
  const events: RecordEvent[] = [
    ...Array.from({ length: 4 }, () => ({ kind: 'shown' as const, ms: 95 })),
    { kind: 'ended', outcome: 'accepted', characters: 40 },
    { kind: 'ended', outcome: 'typedThrough', characters: 0 },
    { kind: 'answered', cached: true },
    { kind: 'answered', cached: false },
    { kind: 'checked', when: 'soon', kept: true },
  ];
  const counted = events.reduce(
    (sum, event) => record(sum, at, 'go', event),
    record(emptyRecord(at), new Date(2026, 0, 20), 'rust', { kind: 'shown', ms: 9000 }),
  );
  const text = statisticsText(counted, path, today);
  const rows = [
    '| Shown | 4 | 4 | 5 | 5 |',
    '| Accepted | 25 % | 25 % | 20 % | 20 % |',
    '| Partly accepted | 0 % | 0 % | 0 % | 0 % |',
    '| Typed by hand | 25 % | 25 % | 20 % | 20 % |',
    '| Kept after 30 s | 100 % | 100 % | 100 % | 100 % |',
    '| Kept after 2 min | – | – | – | – |',
    '| Accepted characters | 40 | 40 | 40 | 40 |',
    '| Answered from the cache | 50 % | 50 % | 50 % | 50 % |',
    '| Latency p50 | 98 ms | 98 ms | 98 ms | 98 ms |',
    '| Latency p95 | 98 ms | 98 ms | 9.6 s | 9.6 s |',
  ];
  expect(text).toContain(rows.join('\n'));
  expect(text).toContain('| go | 4 | 25 % | – | 98 ms | 98 ms |\n| rust | 1 | 0 % |');
  expect(text).toMatch(/2026-01-20 {2}1 {2}░{8}\n/);
  expect(text).toMatch(/2026-01-31 {2}4 {2}█{8}░{22}\n/);
  expect(text).toContain('`/home/someone/record.json`');
});

test('without numbers it says so, and where they would be', () => {
  const text = statisticsText(emptyRecord(at), path, today);
  expect(text).toContain('Nothing was suggested yet.');
  expect(text).toContain(path);
});
