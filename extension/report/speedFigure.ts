/** A speed by length, a line for each clock of the card: as a chart, and as a table of its numbers. */
import * as vscode from 'vscode';
import type { Range } from '../../backend/protocol/prediction.ts';
import { figure, type Axis } from '../pages/charts/frame.ts';
import { lineChart } from '../pages/charts/lineChart.ts';
import { linearScale } from '../pages/charts/scale.ts';
import type { Html } from '../pages/html.ts';
import { formatNumber } from '../pages/numbers.ts';
import { table } from '../pages/table.ts';

export interface SpeedFigure<R> {
  /** Of the table. */
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** What the chart shows. */
  readonly sentence: string;
  readonly x: Pick<Axis, 'scale' | 'label'>;
  /** What the other axis is of. */
  readonly y: string;
  readonly length: (row: R) => number;
  /** In the unit of the other axis. */
  readonly range: (row: R) => Range;
  /** In the table. */
  readonly cell: (row: R) => string;
}

export function speedFigure<R extends { readonly clockMHz: number }>(
  rows: readonly R[],
  { id, title, caption, sentence, x, y, length, range, cell }: SpeedFigure<R>,
): Html {
  const clocks = [...new Set(rows.map(({ clockMHz }) => clockMHz))];
  const highest = Math.max(...rows.map((row) => range(row).high));
  const ofClock = (clock: number): R[] => rows.filter(({ clockMHz }) => clockMHz === clock);
  const series = clocks.map((clock) => ({
    name: `${clock} MHz`,
    points: ofClock(clock).map((row) => {
      const { low, expected, high } = range(row);
      return { x: length(row), y: expected, low, high };
    }),
  }));
  const chart = lineChart({
    sentence,
    x: { ...x, format: String },
    y: { scale: linearScale(0, highest), label: y, format: formatNumber },
    series,
  });
  const numbers = table({
    id,
    caption,
    columns: [
      { title: x.label, cell: (at: number) => at, isRowHeading: true },
      ...clocks.map((clock) => ({
        title: `${clock} MHz`,
        isNumber: true,
        cell: (at: number) => {
          const found = ofClock(clock).find((row) => length(row) === at);
          return found && cell(found);
        },
      })),
    ],
    rows: [...new Set(rows.map(length))],
  });
  return figure(title, chart, numbers, vscode.l10n.t('The numbers'));
}
