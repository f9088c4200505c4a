/** The report "Completion Statistics". */
import * as vscode from 'vscode';
import { formatMs } from '../statusText.ts';
import { percentile } from './latencyHistogram.ts';
import { markdownTable } from './markdownTable.ts';
import { addTallies, dayOf, emptyTally, type CompletionRecord, type Tally } from './record.ts';

const CHART_DAYS = 14;
const BAR_WIDTH = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
const NONE = '–';

function percent(part: number, whole: number): string {
  return whole === 0 ? NONE : `${Math.round((part / whole) * 100)} %`;
}

function ms(tally: Tally, share: number): string {
  const value = percentile(tally.latency, share);
  return value === undefined ? NONE : formatMs(value);
}

/** The rows of the first table, each with its value in every span of time. */
function spanRows(tallies: readonly Tally[]): string[][] {
  const row = (name: string, value: (tally: Tally) => string): string[] => [
    name,
    ...tallies.map(value),
  ];
  return [
    row(vscode.l10n.t('Shown'), ({ shown }) => String(shown)),
    row(vscode.l10n.t('Accepted'), ({ accepted, shown }) => percent(accepted, shown)),
    row(vscode.l10n.t('Partly accepted'), ({ partly, shown }) => percent(partly, shown)),
    row(vscode.l10n.t('Typed by hand'), ({ typedThrough, shown }) => percent(typedThrough, shown)),
    row(vscode.l10n.t('Kept after 30 s'), (tally) => percent(tally.keptSoon, tally.checkedSoon)),
    row(vscode.l10n.t('Kept after 2 min'), (tally) => percent(tally.keptLate, tally.checkedLate)),
    row(vscode.l10n.t('Accepted characters'), ({ characters }) => String(characters)),
    row(vscode.l10n.t('Answered from the cache'), (tally) => percent(tally.cached, tally.requests)),
    row(vscode.l10n.t('Latency p50'), (tally) => ms(tally, 0.5)),
    row(vscode.l10n.t('Latency p95'), (tally) => ms(tally, 0.95)),
  ];
}

function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(addTallies, emptyTally);
}

/** The last `count` days up to today, oldest first, as the record names them. */
function lastDays(today: Date, count: number): string[] {
  // At noon, so that no change of the clock makes a day twice.
  const noon = new Date(today.getFullYear(), today.getMonth(), today.getDate(), 12).getTime();
  return Array.from({ length: count }, (_, i) => dayOf(new Date(noon - (count - 1 - i) * DAY_MS)));
}

/** One line for each day: a bar as long as what was shown, filled as far as it was accepted. */
function chart(record: CompletionRecord, today: Date): string {
  const days = lastDays(today, CHART_DAYS).map((day) => ({
    day,
    tally: sum(Object.values(record.days[day] ?? {})),
  }));
  const most = Math.max(1, ...days.map(({ tally }) => tally.shown));
  const width = String(most).length;
  return days
    .map(({ day, tally }) => {
      const length = Math.ceil((tally.shown / most) * BAR_WIDTH);
      const taken = tally.accepted + tally.partly;
      const full = tally.shown === 0 ? 0 : Math.round((taken / tally.shown) * length);
      const bar = '█'.repeat(full) + '░'.repeat(length - full);
      return `${day}  ${String(tally.shown).padStart(width)}  ${bar}`.trimEnd();
    })
    .join('\n');
}

function languageRows(record: CompletionRecord): string[][] {
  const byLanguage = new Map<string, Tally>();
  for (const day of Object.values(record.days)) {
    for (const [language, tally] of Object.entries(day)) {
      byLanguage.set(language, addTallies(byLanguage.get(language) ?? emptyTally, tally));
    }
  }
  return [...byLanguage]
    .sort(([, a], [, b]) => b.shown - a.shown)
    .map(([language, tally]) => [
      language,
      String(tally.shown),
      percent(tally.accepted, tally.shown),
      percent(tally.keptLate, tally.checkedLate),
      ms(tally, 0.5),
      ms(tally, 0.95),
    ]);
}

/** As Markdown. @param path of the file with the numbers */
export function statisticsText(record: CompletionRecord, path: string, today: Date): string {
  const title = `# ${vscode.l10n.t('Completion Statistics')}`;
  const privacy = vscode.l10n.t(
    'Counted on this machine since {0}, and never sent anywhere. The file has numbers by day and language, no code and no file names: {1}. "TPU Pilot: Delete Completion Statistics" empties it.',
    dayOf(new Date(record.since)),
    `\`${path.replaceAll('`', '')}\``,
  );
  const all = sum(Object.values(record.days).flatMap((day) => Object.values(day)));
  if (all.requests === 0 && all.shown === 0) {
    return `${title}\n\n${vscode.l10n.t('Nothing was suggested yet.')}\n\n${privacy}\n`;
  }
  const span = (days: number): Tally =>
    sum(lastDays(today, days).flatMap((day) => Object.values(record.days[day] ?? {})));
  const spans = ['', vscode.l10n.t('Today'), vscode.l10n.t('7 days'), vscode.l10n.t('30 days')];
  const tallies = [span(1), span(7), span(30), all];
  const languageHead = [
    vscode.l10n.t('Language'),
    vscode.l10n.t('Shown'),
    vscode.l10n.t('Accepted'),
    vscode.l10n.t('Kept after 2 min'),
    'p50',
    'p95',
  ];
  return [
    title,
    markdownTable([...spans, vscode.l10n.t('All')], spanRows(tallies), 1),
    vscode.l10n.t(
      'Accepted: with Tab, or word by word to the end. Kept: still there some time after. Latency: from the key to the suggestion, for half (p50) and for 95 % (p95) of those shown.',
    ),
    `## ${vscode.l10n.t('Suggestions by day')}`,
    vscode.l10n.t('The full part of a bar was accepted, wholly or partly.'),
    `\`\`\`text\n${chart(record, today)}\n\`\`\``,
    `## ${vscode.l10n.t('By language')}`,
    markdownTable(languageHead, languageRows(record), 1),
    privacy,
  ]
    .join('\n\n')
    .concat('\n');
}
