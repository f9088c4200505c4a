/** Two distributions of values, one over the other: what was expected, and what came. */
import { html, type Html } from '../html.ts';
import { axes, legend, picture, placeX, placeY, type Axis } from './frame.ts';
import { linearScale, logScale, type Scale } from './scale.ts';

export interface Bins {
  readonly min: number;
  readonly max: number;
  /** Counts of equally wide bins from `min` to `max`. */
  readonly histogram: readonly number[];
}

interface Step {
  readonly from: number;
  readonly to: number;
  /** Of all values, if the bin were as wide as `width`. */
  readonly share: number;
}

/** Bins of different widths are made comparable. @param width of a common bin */
function steps({ min, max, histogram }: Bins, width: number): Step[] {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  const own = (max - min) / histogram.length;
  if (total === 0 || !(own > 0)) return [];
  return histogram.map((count, i) => ({
    from: min + i * own,
    to: min + (i + 1) * own,
    share: (count / total) * (width / own),
  }));
}

function outline(drawn: readonly Step[], x: Scale, y: Scale, base: number): string {
  const corners = drawn.map(({ from, to, share }) => {
    const height = placeY(y, Math.max(share, base));
    return `L${placeX(x, from)} ${height}L${placeX(x, to)} ${height}`;
  });
  const [first] = drawn;
  const last = drawn.at(-1);
  if (!first || !last) return '';
  const bottom = placeY(y, base);
  return `M${placeX(x, first.from)} ${bottom}${corners.join('')}L${placeX(x, last.to)} ${bottom}`;
}

export interface HistogramTexts {
  readonly sentence: string;
  readonly reference: string;
  readonly actual: string;
  readonly value: string;
  readonly share: string;
}

/** The heights are logarithmic: few values far out are what people look for here. */
export function histogram(
  reference: Bins,
  actual: Bins,
  texts: HistogramTexts,
  format: (value: number) => string,
): Html {
  // A range is no number when no value was one.
  const low = Math.min(...[reference.min, actual.min].filter(Number.isFinite));
  const high = Math.max(...[reference.max, actual.max].filter(Number.isFinite));
  const bins = Math.max(reference.histogram.length, actual.histogram.length, 1);
  const width = (high - low) / bins;
  const expected = steps(reference, width);
  const came = steps(actual, width);
  const shares = [...expected, ...came].map(({ share }) => share).filter((share) => share > 0);
  const smallest = Math.max(1e-7, Math.min(...shares, 0.1));
  // One power lower, so that the smallest share can be seen.
  const scale = logScale(smallest / 2, Math.max(...shares, 1e-6), 10);
  const x: Axis = { scale: linearScale(low, high, 6), label: texts.value, format };
  const percent = (share: number): string => `${Number((share * 100).toPrecision(1))} %`;
  const y: Axis = { scale, label: texts.share, format: percent };
  const base = scale.domain[0];
  return html`${picture(
    texts.sentence,
    html`${axes(x, y)}<path class="area s0" d="${outline(expected, x.scale, scale, base)}" /><path
        class="line s1"
        d="${outline(came, x.scale, scale, base)}"
      />`,
  )}${legend([texts.reference, texts.actual], 'line')}`;
}
