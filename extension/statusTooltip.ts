/** The status bar's tooltip: what is known, and a link to act on each line of it. */
import * as vscode from 'vscode';
import { whatToDo } from './statusAdvice.ts';
import { actionsFor, type StatusAction } from './statusActions.ts';
import { indicatorOf, stateName, type StatusInput } from './statusIndicator.ts';
import { completionRow, statusRows, type StatusRow } from './statusRows.ts';
import { stateIcons } from './statusText.ts';

/** Names come from model files: they are text here, not Markdown. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, String.raw`\$&`).replace(/\s+/g, ' ');
}

/** Kept on one line, whatever the width. */
function unbroken(text: string): string {
  return escape(text).replaceAll(' ', '&nbsp;');
}

function link({ title, command, argument }: StatusAction): string {
  const query = argument === undefined ? '' : `?${encodeURIComponent(JSON.stringify(argument))}`;
  return `[${unbroken(title)}](command:${command}${query})`;
}

/** Markdown's tables stand close: this is some air between their columns. */
const AIR = '&nbsp;&nbsp;&nbsp;';

/** A line of its own for each value, and the links at the end of the row. */
function tableRow({ icon, label, values, actions }: StatusRow): string {
  const cells = [
    `${icon} ${unbroken(label)}${AIR}`,
    `${values.map(escape).join('<br>')}${AIR}`,
    actions.map(link).join(' · '),
  ];
  return `| ${cells.join(' | ')} |`;
}

function lead(input: StatusInput): string[] {
  const indicator = indicatorOf(input);
  // A spinning icon in a text that is drawn once would only look stuck.
  const icon = stateIcons[indicator].replace('~spin', '');
  const lines = [`${icon} **TPU Pilot** – ${escape(stateName(indicator))}`];
  const advice = whatToDo(input, indicator);
  if (advice !== undefined) lines.push(escape(advice));
  if (!input.trusted) {
    const text = vscode.l10n.t(
      'Restricted Mode: suggestions and chat work; the chat instructions of this folder are ignored until you trust it.',
    );
    lines.push(`$(shield) ${escape(text)}`);
  }
  if (input.remoteUrl !== undefined) {
    lines.push(escape(vscode.l10n.t('Backend: {0}', input.remoteUrl)));
  }
  return lines;
}

/** Markdown with command links, and the commands that they may run. */
export interface Tooltip {
  readonly markdown: string;
  readonly enabledCommands: readonly string[];
}

export function tooltipOf(input: StatusInput): Tooltip {
  const rows = [...statusRows(input), completionRow(input)];
  const table = ['|  |  |  |', '| :-- | :-- | :-- |', ...rows.map(tableRow)].join('\n');
  const actions = actionsFor(input, indicatorOf(input));
  return {
    markdown: [...lead(input), table, '---', actions.map(link).join(' · ')].join('\n\n'),
    enabledCommands: [
      ...new Set([...actions, ...rows.flatMap((row) => row.actions)].map(({ command }) => command)),
    ],
  };
}
