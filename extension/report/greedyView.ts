/** What the converted model says beside what the float model says, token by token. */
import * as vscode from 'vscode';
import type { GreedyComparison } from '../../backend/protocol/verification.ts';
import { html, type Html } from '../pages/html.ts';
import { formatNumber } from '../pages/numbers.ts';
import { verdictWord } from './tensorViews.ts';

function tokens(label: string, ids: readonly number[], different: number | undefined): Html {
  const first = vscode.l10n.t('first difference');
  const shown = ids.map((id, index) =>
    index === different
      ? html`<mark title="${first}" aria-label="${first}: ${id}">${id}</mark>`
      : html`<span>${id}</span>`,
  );
  return html`<div>
    <dt>${label}</dt>
    <dd class="tokens mono">${shown}</dd>
  </div>`;
}

function differenceText({ firstDifference }: GreedyComparison): string {
  if (!firstDifference) return vscode.l10n.t('All tokens are equal.');
  const { position, gap, isNearTie } = firstDifference;
  const place = position + 1;
  return isNearTie
    ? vscode.l10n.t(
        'Token {0} is the first that differs, at a near tie: the float model prefers its own by {1} only.',
        place,
        formatNumber(gap),
      )
    : vscode.l10n.t(
        'Token {0} is the first that differs: the float model prefers its own by {1}.',
        place,
        formatNumber(gap),
      );
}

function comparison(compared: GreedyComparison): Html {
  const { prompt, expected, actual, text, firstDifference, passed } = compared;
  const at = firstDifference?.position;
  return html`<h3>${prompt}</h3>
<p>${verdictWord(passed)} · ${differenceText(compared)}</p>
<p class="mono">${text}</p>
<details${at !== undefined && html` open`}><summary>${vscode.l10n.t('Token ids')}</summary>
<dl>${tokens(vscode.l10n.t('Float model'), expected, at)}${tokens(vscode.l10n.t('Converted model'), actual, at)}</dl></details>`;
}

export function greedySection(compared: readonly GreedyComparison[]): Html | undefined {
  if (compared.length === 0) return undefined;
  return html`<section aria-labelledby="greedy-title">
    <h2 id="greedy-title">${vscode.l10n.t('Whole answers, token by token')}</h2>
    <p class="muted">${vscode.l10n.t('Both models always take the likeliest token.')}</p>
    ${compared.map(comparison)}
  </section>`;
}
