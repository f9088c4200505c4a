/** What all charts share: the place of the plot in the picture, the axes and the legend. */
import { html, type Html, type HtmlPart } from '../html.ts';
import type { Scale } from './scale.ts';

/** In the picture's own units; the style sheet lets it shrink with the page. */
export const size = { width: 640, height: 280 } as const;
export const plot = { left: 64, right: 16, top: 12, bottom: 44 } as const;

const plotWidth = size.width - plot.left - plot.right;
const plotHeight = size.height - plot.top - plot.bottom;

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

export function placeX(scale: Scale, value: number): number {
  return rounded(plot.left + scale.at(value) * plotWidth);
}

export function placeY(scale: Scale, value: number): number {
  return rounded(plot.top + (1 - scale.at(value)) * plotHeight);
}

export interface Axis {
  readonly scale: Scale;
  readonly label: string;
  readonly format: (value: number) => string;
}

export function axes(x: Axis, y: Axis): Html {
  const bottom = size.height - plot.bottom;
  const right = size.width - plot.right;
  return html`<g class="axes">
    ${y.scale.ticks.map((tick) => {
      const at = placeY(y.scale, tick);
      return html`<line class="grid" x1="${plot.left}" x2="${right}" y1="${at}" y2="${at}" /><text
          class="tick end"
          x="${plot.left - 6}"
          y="${at + 4}"
          >${y.format(tick)}</text
        >`;
    })}
    ${x.scale.ticks.map((tick) => {
      const at = placeX(x.scale, tick);
      return html`<line class="mark" x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 4}" /><text
          class="tick middle"
          x="${at}"
          y="${bottom + 17}"
          >${x.format(tick)}</text
        >`;
    })}
    <line class="axis" x1="${plot.left}" x2="${right}" y1="${bottom}" y2="${bottom}" />
    <text class="label middle" x="${(plot.left + right) / 2}" y="${size.height - 6}"
      >${x.label}</text
    >
    <text class="label middle" transform="translate(14 ${(plot.top + bottom) / 2}) rotate(-90)"
      >${y.label}</text
    >
  </g>`;
}

/** A picture with the sentence that stands for it where it cannot be seen. */
export function picture(sentence: string, content: HtmlPart, height: number = size.height): Html {
  return html`<svg
    class="chart"
    role="img"
    aria-label="${sentence}"
    viewBox="0 0 ${size.width} ${height}"
  >
    ${content}
  </svg>`;
}

/** Names of what is drawn, each beside a piece of it. @param kind of `s0`, `s1`, …, by its index */
export function legend(names: readonly string[], kind: 'line' | 'area'): Html {
  const items = names.map((name, index) => {
    const sample =
      kind === 'line'
        ? html`<line class="line s${index}" x1="0" x2="24" y1="6" y2="6" />`
        : html`<rect class="area s${index}" width="24" height="12" />`;
    return html`<li>
      <svg class="sample" viewBox="0 0 24 12" aria-hidden="true">${sample}</svg>${name}
    </li>`;
  });
  return html`<ul class="legend">
    ${items}
  </ul>`;
}

/** A chart with its title, and its numbers for those who would rather read. */
export function figure(title: string, content: HtmlPart, numbers: HtmlPart, more: string): Html {
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${content}
    <details>
      <summary>${more}</summary>
      ${numbers}
    </details>
  </figure>`;
}
