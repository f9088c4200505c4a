/** The tensors of a verification: all of them as a table, and one of them with its histogram. */
import * as vscode from 'vscode';
import type { Distribution } from '../../backend/protocol/verification.ts';
import { figure } from '../pages/charts/frame.ts';
import { histogram } from '../pages/charts/histogram.ts';
import { html, type Html } from '../pages/html.ts';
import { formatNumber, formatSimilarity } from '../pages/numbers.ts';
import { table, type Column } from '../pages/table.ts';
import { worstFirst, type NamedOutlier, type TensorRow } from './layerErrors.ts';

/** Not by colour alone. */
export function verdictWord(passed: boolean): Html {
  return passed
    ? html`<span class="good">✓ ${vscode.l10n.t('passed')}</span>`
    : html`<span class="bad">✗ ${vscode.l10n.t('failed')}</span>`;
}

function columns(): Column<TensorRow>[] {
  return [
    {
      title: vscode.l10n.t('Tensor'),
      isRowHeading: true,
      sortBy: ({ net, tensor }) => `${net} ${tensor.name}`,
      cell: ({ index, net, tensor }) =>
        html`<button type="button" class="link" data-action="tensor" data-value="${index}">
          ${net} · ${tensor.name}
        </button>`,
    },
    {
      title: vscode.l10n.t('Result'),
      sortBy: ({ tensor }) => (tensor.passed ? 1 : 0),
      cell: ({ tensor }) => verdictWord(tensor.passed),
    },
    {
      title: vscode.l10n.t('Cosine'),
      isNumber: true,
      sortBy: ({ tensor }) => tensor.cosine,
      cell: ({ tensor }) => formatSimilarity(tensor.cosine),
    },
    {
      title: vscode.l10n.t('Euclidean'),
      isNumber: true,
      sortBy: ({ tensor }) => tensor.euclidean,
      cell: ({ tensor }) => formatSimilarity(tensor.euclidean),
    },
    {
      title: 'SQNR',
      isNumber: true,
      // No error at all is the best there is.
      sortBy: ({ tensor }) => tensor.sqnr ?? 1e9,
      cell: ({ tensor }) => (tensor.sqnr === undefined ? '∞' : `${tensor.sqnr.toFixed(1)} dB`),
    },
    {
      title: vscode.l10n.t('Largest error'),
      isNumber: true,
      sortBy: ({ tensor }) => tensor.largestError,
      cell: ({ tensor }) => formatNumber(tensor.largestError),
    },
    {
      title: 'NaN, Inf',
      isNumber: true,
      sortBy: ({ tensor }) => tensor.nanCount + tensor.infCount,
      cell: ({ tensor }) => `${tensor.nanCount}, ${tensor.infCount}`,
    },
  ];
}

export function tensorTable(rows: readonly TensorRow[]): Html {
  const count = vscode.l10n.t('{0} of {1} tensors', rows.length, rows.length);
  return html`<div class="field">
      <label for="tensor-filter">${vscode.l10n.t('Filter')}</label>
      <input
        type="search"
        id="tensor-filter"
        data-table="tensors"
        data-count="tensor-count"
        placeholder="${vscode.l10n.t('such as block_cache failed')}"
      />
      <span
        id="tensor-count"
        role="status"
        class="muted"
        data-text="${vscode.l10n.t('{0} of {1} tensors')}"
        >${count}</span
      >
    </div>
    ${table({
      id: 'tensors',
      caption: vscode.l10n.t('Every tensor, the worst first; press one to see its values'),
      columns: columns(),
      rows: worstFirst(rows),
      rowClass: ({ tensor }) => (tensor.passed ? undefined : 'failed'),
      filterText: ({ net, tensor }) =>
        [net, tensor.name, tensor.passed ? 'passed' : 'failed', verdictText(tensor.passed)].join(
          ' ',
        ),
    })}`;
}

function verdictText(passed: boolean): string {
  return passed ? vscode.l10n.t('passed') : vscode.l10n.t('failed');
}

function distributionTable(reference: Distribution, actual: Distribution): Html {
  const row = (name: string, read: (of: Distribution) => number) => ({ name, read });
  return table({
    id: 'distribution',
    caption: vscode.l10n.t('The values in numbers'),
    columns: [
      { title: vscode.l10n.t('Measure'), cell: ({ name }) => name, isRowHeading: true },
      {
        title: vscode.l10n.t('Float model'),
        cell: ({ read }) => formatNumber(read(reference)),
        isNumber: true,
      },
      {
        title: vscode.l10n.t('Converted model'),
        cell: ({ read }) => formatNumber(read(actual)),
        isNumber: true,
      },
    ],
    rows: [
      row(vscode.l10n.t('Smallest'), ({ min }) => min),
      row(vscode.l10n.t('Largest'), ({ max }) => max),
      row(vscode.l10n.t('Mean'), ({ mean }) => mean),
      row(vscode.l10n.t('Standard deviation'), ({ standardDeviation }) => standardDeviation),
    ],
  });
}

export function outlierTable(id: string, outliers: readonly NamedOutlier[]): Html {
  return table({
    id,
    caption: vscode.l10n.t('Channels whose largest value stands far above the others'),
    columns: [
      {
        title: vscode.l10n.t('Tensor'),
        cell: ({ net, tensor }) => `${net} · ${tensor}`,
        isRowHeading: true,
      },
      { title: vscode.l10n.t('Channel'), cell: ({ channel }) => channel, isNumber: true },
      {
        title: vscode.l10n.t('Largest value'),
        cell: ({ peak }) => formatNumber(peak),
        isNumber: true,
      },
      {
        title: vscode.l10n.t('Over the median'),
        cell: ({ ratio }) => `× ${formatNumber(ratio)}`,
        isNumber: true,
      },
    ],
    rows: outliers,
  });
}

/** One tensor, for the region below the table. */
export function tensorDetail({ net, layer, tensor }: TensorRow): Html {
  const { name, shape, reference, actual } = tensor;
  const sentence = vscode.l10n.t(
    'Values of the float model lie between {0} and {1}, those of the converted one between {2} and {3}.',
    formatNumber(reference.min),
    formatNumber(reference.max),
    formatNumber(actual.min),
    formatNumber(actual.max),
  );
  const drawn = histogram(
    reference,
    actual,
    {
      sentence,
      reference: vscode.l10n.t('Float model'),
      actual: vscode.l10n.t('Converted model'),
      value: vscode.l10n.t('Value'),
      share: vscode.l10n.t('Share of values'),
    },
    formatNumber,
  );
  const outliers = reference.outliers.map((outlier) => ({ net, layer, tensor: name, ...outlier }));
  return html`<h3>${net} · ${name}</h3>
    <p class="muted">
      ${vscode.l10n.t('Shape {0}', shape.join(' × '))} · ${verdictWord(tensor.passed)}
    </p>
    ${figure(
      vscode.l10n.t('How its values are spread'),
      drawn,
      distributionTable(reference, actual),
      vscode.l10n.t('The numbers'),
    )}
    ${outliers.length > 0 && outlierTable('tensor-outliers', outliers)}`;
}
