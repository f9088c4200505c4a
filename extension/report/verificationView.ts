/** A verification as part of a page: what failed, where, and what would help. */
import * as vscode from 'vscode';
import type { VerificationReport } from '../../backend/protocol/verification.ts';
import { figure } from '../pages/charts/frame.ts';
import { lineChart } from '../pages/charts/lineChart.ts';
import { linearScale, logScale } from '../pages/charts/scale.ts';
import { html, type Html } from '../pages/html.ts';
import { formatDuration, formatNumber } from '../pages/numbers.ts';
import { facts, table } from '../pages/table.ts';
import { greedySection } from './greedyView.ts';
import { layerErrors, namedOutliers, tensorRows, worstFirst } from './layerErrors.ts';
import { outlierTable, tensorDetail, tensorTable, verdictWord } from './tensorViews.ts';

const SMALLEST_ERROR = 1e-6;
const MOST_OUTLIERS = 20;

/** Prefill and decode of every layer, on one chart. */
function layerFigure(report: VerificationReport): Html | undefined {
  const series = layerErrors(report);
  const points = series.flatMap(({ layers }) => layers);
  if (points.length === 0) return undefined;
  const worst = points.reduce((a, b) => (b.error > a.error ? b : a));
  const limit = 1 - report.threshold;
  const highest = Math.max(worst.error, limit, SMALLEST_ERROR);
  const lowest = Math.max(SMALLEST_ERROR, Math.min(...points.map(({ error }) => error), limit));
  const layers = points.map(({ layer }) => layer);
  const sentence = vscode.l10n.t(
    'The largest error, 1 - cosine, is {0}, in layer {1}; {2} is allowed.',
    formatNumber(worst.error),
    worst.layer,
    formatNumber(limit),
  );
  const whole = (value: number): string => (Number.isInteger(value) ? String(value) : '');
  return figure(
    vscode.l10n.t('Error by layer'),
    lineChart({
      sentence,
      x: {
        scale: linearScale(Math.min(...layers), Math.max(...layers), 10),
        label: vscode.l10n.t('Layer'),
        format: whole,
      },
      y: {
        scale: logScale(lowest, highest, 10),
        label: vscode.l10n.t('1 - cosine, worst tensor'),
        format: formatNumber,
      },
      series: series.map(({ kind, layers: errors }) => ({
        name: kind,
        points: errors.map(({ layer, error }) => ({ x: layer, y: error })),
      })),
      limit: { value: limit, label: vscode.l10n.t('allowed') },
    }),
    table({
      id: 'layer-errors',
      caption: vscode.l10n.t('1 - cosine of the worst tensor of each layer'),
      columns: [
        { title: vscode.l10n.t('Layer'), cell: (layer: number) => layer, isRowHeading: true },
        ...series.map(({ kind, layers: errors }) => ({
          title: kind,
          isNumber: true,
          cell: (layer: number) => {
            const found = errors.find((one) => one.layer === layer);
            return found && formatNumber(found.error);
          },
        })),
      ],
      rows: [...new Set(layers)].sort((a, b) => a - b),
    }),
    vscode.l10n.t('The numbers'),
  );
}

function failures({ subModels }: VerificationReport): Html | undefined {
  const failed = subModels.filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return undefined;
  return html`<div class="notice bad">
    <ul>
      ${failed.map(({ name, failure }) => html`<li><code>${name}</code>: ${failure}</li>`)}
    </ul>
  </div>`;
}

function summary(report: VerificationReport): Html {
  const { subModels, on, threshold, euclideanThreshold, layers, seconds, createdAt } = report;
  const tensors = tensorRows(report);
  const good = tensors.filter(({ tensor }) => tensor.passed).length;
  return facts([
    [vscode.l10n.t('Tensors'), vscode.l10n.t('{0} of {1} passed', good, tensors.length)],
    [
      vscode.l10n.t('Parts'),
      vscode.l10n.t(
        '{0} of {1} passed',
        subModels.filter(({ passed }) => passed).length,
        subModels.length,
      ),
    ],
    [
      vscode.l10n.t('Needed'),
      vscode.l10n.t('cosine {0}, euclidean {1}', threshold, euclideanThreshold),
    ],
    [
      vscode.l10n.t('Run on'),
      on === 'card' ? vscode.l10n.t('the card') : vscode.l10n.t('the emulator'),
    ],
    [vscode.l10n.t('Layers'), layers === undefined ? vscode.l10n.t('all') : layers.join(', ')],
    [vscode.l10n.t('Quantization'), report.quantization],
    [
      vscode.l10n.t('Verified'),
      vscode.l10n.t(
        '{0}, in {1}',
        new Date(createdAt).toLocaleString(vscode.env.language),
        formatDuration(seconds),
      ),
    ],
  ]);
}

export function verificationSections(report: VerificationReport): Html {
  const rows = tensorRows(report);
  const outliers = namedOutliers(rows);
  const [worst] = worstFirst(rows);
  const { passed, notes } = report;
  return html`<section aria-labelledby="verification-title">
      <h2 id="verification-title">${vscode.l10n.t('Verification against the float model')}</h2>
      <p class="verdict">${verdictWord(passed)}</p>
      ${failures(report)}${notes.map((note) => html`<p>${note}</p>`)}
      ${summary(report)}${layerFigure(report)}
    </section>
    ${
      rows.length > 0 &&
      html`<section aria-labelledby="tensors-title">
        <h2 id="tensors-title">${vscode.l10n.t('Tensors')}</h2>
        ${tensorTable(rows)}
        <div
          id="tensor-detail"
          tabindex="-1"
          role="region"
          aria-label="${vscode.l10n.t('The chosen tensor')}"
        >
          ${worst && tensorDetail(worst)}
        </div>
      </section>`
    }
    ${
      outliers.length > 0 &&
      html`<section aria-labelledby="outliers-title">
        <h2 id="outliers-title">${vscode.l10n.t('Outlier channels')}</h2>
        <p class="muted">
          ${vscode.l10n.t('Such channels need a wide range, which costs all others precision: layers that have them gain most from 16 bits.')}
        </p>
        ${outlierTable('outliers', outliers.slice(0, MOST_OUTLIERS))}
      </section>`
    }
    ${greedySection(report.greedy)}`;
}
