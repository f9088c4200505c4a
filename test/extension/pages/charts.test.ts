import { describe, expect, test } from 'vitest';
import { histogram } from '../../../extension/pages/charts/histogram.ts';
import { lineChart } from '../../../extension/pages/charts/lineChart.ts';
import { linearScale, logScale } from '../../../extension/pages/charts/scale.ts';
import { stackedBars } from '../../../extension/pages/charts/stackedBars.ts';
import { tidy } from '../../support/tidyHtml.ts';

const evil = '"><script>';

describe('a linear scale', () => {
  test.each([
    [0, 4.4, [0, 1, 2, 3, 4, 5]],
    [0, 35, [0, 10, 20, 30, 40]],
    [-6.03, 5.81, [-10, -5, 0, 5, 10]],
    [0.2, 0.2, [0.2, 0.4, 0.6, 0.8, 1, 1.2]],
  ])('from %d to %d has round marks', (low, high, ticks) => {
    const scale = linearScale(low, high);
    expect(scale.ticks).toEqual(ticks);
    expect(scale.at(scale.domain[0])).toBeCloseTo(0);
    expect(scale.at(scale.domain[1])).toBeCloseTo(1);
  });
});

describe('a logarithmic scale', () => {
  test('goes from power to power', () => {
    expect(logScale(0.0003, 0.5, 10).ticks).toEqual([0.0001, 0.001, 0.01, 0.1, 1]);
    expect(logScale(128, 2048, 2).ticks).toEqual([128, 256, 512, 1024, 2048]);
  });

  test('has room for one value, and puts what is below it at its start', () => {
    const scale = logScale(1, 1, 10);
    expect(scale.domain).toEqual([1, 10]);
    expect(scale.at(0)).toBe(0);
    expect(scale.at(10)).toBe(1);
  });

  test('leaves marks out when there would be too many', () => {
    expect(logScale(1e-20, 1, 10).ticks.length).toBeLessThan(10);
  });
});

const axis = { scale: linearScale(0, 10), label: evil, format: String };

test('a line chart has its lines, bounds, limit and legend, and says in words what it shows', () => {
  const chart = tidy(
    lineChart({
      sentence: `It rises ${evil}`,
      x: axis,
      y: axis,
      series: [
        { name: evil, points: [0, 10].map((x) => ({ x, y: x, low: x / 2, high: x })) },
        { name: 'b', points: [{ x: 0, y: 10 }] },
      ],
      limit: { value: 5, label: 'allowed' },
    }),
  );
  expect(chart).toContain('role="img" aria-label="It rises &quot;&gt;&lt;script&gt;"');
  expect(chart).not.toContain('<script');
  // From the lower left corner of the plot to the upper right one.
  expect(chart).toContain('<path class="line s0" d="M64 236L624 12"/>');
  expect(chart.match(/class="band/g)).toHaveLength(1);
  expect(chart).toContain('<line class="limit" x1="64" x2="624" y1="124" y2="124"/>');
  expect(chart.match(/<li>/g)).toHaveLength(2);
});

const texts = { sentence: 's', reference: 'float', actual: 'chip', value: 'v', share: 'p' };

test('a histogram compares shares, also of bins that differ in width and number', () => {
  const two = { min: 0, max: 10, histogram: [50, 50] };
  const four = { min: 0, max: 10, histogram: [1, 1, 1, 1] };
  const chart = histogram(two, four, texts, String).toString();
  const [, expected] = /class="area s0"\s+d="([^"]+)"/.exec(chart) ?? [];
  const [, came] = /class="line s1"\s+d="([^"]+)"/.exec(chart) ?? [];
  const heights = (path = ''): Set<string> =>
    new Set(Array.from(path.matchAll(/[ML][\d.]+ ([\d.]+)/g), ([, y = '']) => y));
  // Both are even: one height, and the bottom.
  expect(heights(expected)).toEqual(heights(came));
  expect(heights(expected).size).toBe(2);
});

test.each([
  [{ min: 0, max: 0, histogram: [] }],
  [{ min: 3, max: 3, histogram: [7] }],
  [{ min: NaN, max: NaN, histogram: [] }],
])('a histogram of %j is drawn without what cannot be', (empty) => {
  const chart = histogram({ min: -1, max: 1, histogram: [1, 2] }, empty, texts, String).toString();
  expect(chart).toMatch(/class="line s1"\s+d=""/);
  expect(chart).toMatch(/class="area s0"\s+d="M\d/);
  expect(chart).not.toMatch(/Infinity|NaN/);
});

test('stacked bars are as long as their parts, on one scale', () => {
  const bars = [
    { name: 'heap 0', whole: 624, parts: [312, 0], text: 'half' },
    { name: evil, whole: 312, parts: [0, 156], text: 'half' },
  ];
  const chart = tidy(stackedBars('s', ['used', 'kept'], bars));
  expect(chart).toContain('<rect class="area s0" x="0" y="20" width="312" height="22"/>');
  expect(chart).toContain('<rect class="area s1" x="0" y="72" width="156" height="22"/>');
  expect(chart).not.toContain('<script');
});
