/** Order statistics and the table that goes into BENCHMARKS.md. */

/** Nearest-rank percentile; NaN of an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** One row of the report: ours beside the library called directly, in alternating rounds. */
export interface Comparison {
  readonly what: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly direct: readonly number[];
  /** The bound the ratio of medians is held against, such as `>= 0.95`. */
  readonly target: string;
}

function format(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

/** The median over rounds of ours / direct: a machine that slows down slows both of a round. */
export function pairedRatio({ ours, direct }: Pick<Comparison, 'ours' | 'direct'>): number {
  return median(ours.map((value, round) => value / (direct[round] ?? Number.NaN)));
}

/** The head of a Markdown table of comparisons. */
export const tableHead =
  '| what | ours, median | direct, median | ratio (min to max) | target |\n|---|---|---|---|---|';

export function tableRow(row: Comparison): string {
  const ratios = row.ours.map((value, round) => value / (row.direct[round] ?? Number.NaN));
  const range = `${format(Math.min(...ratios))} to ${format(Math.max(...ratios))}`;
  const ratio = pairedRatio(row).toFixed(2);
  return `| ${row.what} | ${format(median(row.ours))} ${row.unit} | ${format(median(row.direct))} ${row.unit} | **${ratio}** (${range}) | ${row.target} |`;
}
