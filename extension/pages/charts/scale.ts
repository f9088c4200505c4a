/** From values to places on a chart. */

export interface Scale {
  readonly domain: readonly [number, number];
  /** Where the axis has marks. */
  readonly ticks: readonly number[];
  /** 0 at the start of the domain, 1 at its end. */
  at(value: number): number;
}

/** 1, 2 or 5 times a power of ten: a step that gives about `count` marks. */
function niceStep(span: number, count: number): number {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((step) => step * power >= raw) ?? 10;
  return factor * power;
}

/** The domain grows to whole steps. A span of zero becomes one. */
export function linearScale(low: number, high: number, count = 5): Scale {
  const top = high > low ? high : low + 1;
  const step = niceStep(top - low, count);
  const first = Math.floor(low / step);
  const last = Math.ceil(top / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  const start = first * step;
  const span = (last - first) * step;
  return { domain: [start, start + span], ticks, at: (value) => (value - start) / span };
}

/** For values above zero, from power to power of the base. What is below the domain is at 0. */
export function logScale(low: number, high: number, base: 2 | 10): Scale {
  const log = (value: number): number => Math.log(value) / Math.log(base);
  const first = Math.floor(log(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(log(high) - 1e-9));
  const every = Math.ceil((last - first) / 8);
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return {
    domain: [base ** first, base ** last],
    ticks: powers
      .filter((_, i) => i % every === 0)
      .map((power) => Number((base ** power).toPrecision(12))),
    at: (value) => Math.max(0, (log(Math.max(value, base ** first)) - first) / (last - first)),
  };
}
