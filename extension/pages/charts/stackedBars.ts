/** Horizontal bars, each of several parts and as long as what they fill. */
import { html, type Html } from '../html.ts';
import { legend, picture, plot, size } from './frame.ts';

export interface Bar {
  readonly name: string;
  /** The whole that the parts are of; the rest is drawn empty. */
  readonly whole: number;
  /** By the index of the part's name. */
  readonly parts: readonly number[];
  /** Such as `3.1 GB of 7.5 GB`. */
  readonly text: string;
}

const BAR = 22;
const ROW = 52;

/** All bars share one scale, so a fuller bar is not a longer one. */
export function stackedBars(
  sentence: string,
  names: readonly string[],
  bars: readonly Bar[],
): Html {
  const sums = bars.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0));
  const most = Math.max(...bars.map(({ whole }) => whole), ...sums, 1);
  const width = size.width - plot.right;
  const scaled = (value: number): number => Math.round((value / most) * width * 100) / 100;
  const drawn = bars.map(({ name, whole, parts, text }, row) => {
    const top = row * ROW + 20;
    let from = 0;
    const pieces = parts.map((part, index) => {
      const piece = html`<rect
        class="area s${index}"
        x="${scaled(from)}"
        y="${top}"
        width="${scaled(part)}"
        height="${BAR}"
      />`;
      from += part;
      return piece;
    });
    return html`<text class="tick" x="0" y="${top - 6}">${name}: ${text}</text
      ><rect class="whole" x="0" y="${top}" width="${scaled(whole)}" height="${BAR}" />${pieces}`;
  });
  return html`${picture(sentence, drawn, bars.length * ROW + 4)}${names.length > 1 && legend(names, 'area')}`;
}
