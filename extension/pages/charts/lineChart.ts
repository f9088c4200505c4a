/** Lines over a common axis, with the band between their bounds. */
import { html, type Html } from '../html.ts';
import { axes, legend, picture, placeX, placeY, plot, size, type Axis } from './frame.ts';

interface LinePoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface LineChart {
  /** What the picture shows, in a sentence. */
  readonly sentence: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly { readonly name: string; readonly points: readonly LinePoint[] }[];
  /** A horizontal line that is not to be crossed. */
  readonly limit?: { readonly value: number; readonly label: string };
}

type Place = readonly [x: number, y: number];

function path(places: readonly Place[]): string {
  return places.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
}

function band(points: readonly LinePoint[], x: Axis, y: Axis): string {
  const upper = points.map((p): Place => [placeX(x.scale, p.x), placeY(y.scale, p.high ?? p.y)]);
  const lower = points.map((p): Place => [placeX(x.scale, p.x), placeY(y.scale, p.low ?? p.y)]);
  return `${path([...upper, ...lower.reverse()])}Z`;
}

/** Series differ by dashes and by marks, and not by their colours alone. */
function mark([x, y]: Place, series: number): Html {
  return series % 2 === 0
    ? html`<circle class="mark s${series}" cx="${x}" cy="${y}" r="3" />`
    : html`<rect class="mark s${series}" x="${x - 3}" y="${y - 3}" width="6" height="6" />`;
}

export function lineChart({ sentence, x, y, series, limit }: LineChart): Html {
  const drawn = series.map(({ points }, index) => {
    const places = points.map((p): Place => [placeX(x.scale, p.x), placeY(y.scale, p.y)]);
    const hasBand = points.some(({ low, high }) => low !== undefined || high !== undefined);
    return html`${hasBand && html`<path class="band s${index}" d="${band(points, x, y)}" />`}<path
        class="line s${index}"
        d="${path(places)}"
      />${places.map((place) => mark(place, index))}`;
  });
  const limitY = limit && placeY(y.scale, limit.value);
  const right = size.width - plot.right;
  return html`${picture(
    sentence,
    html`${axes(x, y)}${drawn}${
      limit &&
      limitY !== undefined &&
      html`<line class="limit" x1="${plot.left}" x2="${right}" y1="${limitY}" y2="${limitY}" /><text
          class="tick end"
          x="${right}"
          y="${limitY - 5}"
          >${limit.label}</text
        >`
    }`,
  )}${
    series.length > 1 &&
    legend(
      series.map(({ name }) => name),
      'line',
    )
  }`;
}
