/** The report "Why No Suggestion?". */
import * as vscode from 'vscode';
import { formatMs } from '../statusText.ts';
import type { Fate } from './fate.ts';
import { fateAdvice, fateName, outcomeName } from './fateText.ts';
import type { HistoryEntry } from './history.ts';
import { markdownTable, plainText } from './markdownTable.ts';

/** What holds for the file in front, now. */
export interface CurrentSituation {
  /** Relative to the workspace; undefined when no text file is in front. */
  readonly file: string | undefined;
  readonly refusal: Fate | undefined;
  /** VS Code's own switch for all inline suggestions. */
  readonly editorEnabled: boolean;
  readonly trusted: boolean;
  /** Names of other files whose text goes with the next request. */
  readonly context: readonly string[];
}

const NONE = '–';

function time(ms: number | undefined): string {
  return ms === undefined ? NONE : formatMs(ms);
}

function sourceOf({ result, fate }: HistoryEntry): string {
  if (!result) return NONE;
  if (result.cached) return vscode.l10n.t('cache');
  // Without timings the backend decided by the text alone.
  return result.timings || fate === 'suggested' ? vscode.l10n.t('device') : NONE;
}

function row(entry: HistoryEntry): string[] {
  const { at, file, fate, detail, count, result, totalMs, outcome } = entry;
  const timings = result?.cached === true ? undefined : result?.timings;
  const name = fateName(fate) + (detail === undefined ? '' : `: ${detail}`);
  return [
    at.toLocaleTimeString(vscode.env.language, { hour12: false }),
    file,
    count > 1 ? `${name} ×${count}` : name,
    outcome === undefined ? NONE : outcomeName(outcome),
    sourceOf(entry),
    time(timings?.queueMs),
    time(timings?.firstTokenMs),
    time(totalMs),
  ];
}

function nowText(now: CurrentSituation): string {
  const lines: string[] = [];
  if (!now.editorEnabled) {
    lines.push(
      vscode.l10n.t(
        'The editor itself shows no inline suggestions: its setting editor.inlineSuggest.enabled is off.',
      ),
    );
  }
  if (now.file === undefined) {
    lines.push(
      vscode.l10n.t('No text file is in front. Suggestions are made in text editors only.'),
    );
  } else if (now.refusal !== undefined) {
    lines.push(`**${fateName(now.refusal)}** – ${fateAdvice(now.refusal)}`);
  } else {
    lines.push(vscode.l10n.t('Nothing stands in the way of suggestions here.'));
  }
  if (now.context.length > 0) {
    const names = now.context.map(plainText).join(', ');
    lines.push(vscode.l10n.t('With the next request goes text from: {0}.', names));
  }
  if (!now.trusted) {
    lines.push(
      vscode.l10n.t(
        'This workspace is not trusted: suggestions are made from the current file alone.',
      ),
    );
  }
  return lines.join('\n\n');
}

/** The fates of the list that left something to wish for, each with what to do. */
function adviceText(entries: readonly HistoryEntry[], saidAlready: Fate | undefined): string {
  const fates = new Set(entries.map(({ fate }) => fate));
  fates.delete('suggested');
  if (saidAlready) fates.delete(saidAlready);
  return [...fates].map((fate) => `- **${fateName(fate)}** – ${fateAdvice(fate)}`).join('\n');
}

/** As Markdown. @param entries newest first */
export function whyText(entries: readonly HistoryEntry[], now: CurrentSituation): string {
  const parts = [
    `# ${vscode.l10n.t('Why No Suggestion?')}`,
    `## ${now.file === undefined ? vscode.l10n.t('Now') : vscode.l10n.t('Now, in {0}', now.file)}`,
    nowText(now),
    `## ${vscode.l10n.t('Last requests')}`,
  ];
  if (entries.length === 0) {
    return [...parts, vscode.l10n.t('The editor has asked for no suggestion yet: type something.')]
      .join('\n\n')
      .concat('\n');
  }
  const head = [
    vscode.l10n.t('Time'),
    vscode.l10n.t('File'),
    vscode.l10n.t('Result'),
    vscode.l10n.t('Suggestion'),
    vscode.l10n.t('From'),
    vscode.l10n.t('Queue'),
    vscode.l10n.t('First token'),
    vscode.l10n.t('Total'),
  ];
  const advice = adviceText(entries, now.refusal);
  if (advice !== '') parts.splice(3, 0, `## ${vscode.l10n.t('What to do')}`, advice);
  return [...parts, markdownTable(head, entries.map(row), 5)].join('\n\n').concat('\n');
}
