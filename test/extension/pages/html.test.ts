import { expect, test } from 'vitest';
import { html } from '../../../extension/pages/html.ts';
import { formatDuration, formatNumber, formatSize } from '../../../extension/pages/numbers.ts';
import { documentOf } from '../../../extension/pages/shell.ts';
import { table } from '../../../extension/pages/table.ts';
import { tidy } from '../../support/tidyHtml.ts';

const evil = `<img src=x onerror="alert('1')">&`;
const harmless = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;';

test('what is put in is escaped, as text and in attributes, alone and in lists', () => {
  expect(html`<p title="${evil}">${[evil, 1]}</p>`.toString()).toBe(
    `<p title="${harmless}">${harmless}1</p>`,
  );
});

test('HTML is not escaped twice, and nothing stands for what is not there', () => {
  const items = [html`<li>a</li>`, undefined, false as const];
  expect(
    tidy(
      html`<ul>
        ${items}
      </ul>`,
    ),
  ).toBe('<ul><li>a</li></ul>');
});

test('a table has a caption, headings with a scope, and keys to sort and filter by', () => {
  const shown = tidy(
    table({
      id: 'sizes',
      caption: 'Sizes',
      columns: [
        { title: 'Name', cell: ({ name }) => name, isRowHeading: true, sortBy: ({ name }) => name },
        { title: 'Size', cell: ({ size }) => size, isNumber: true },
      ],
      rows: [{ name: evil, size: 3 }],
      rowClass: () => 'failed',
      filterText: ({ name }) => name,
    }),
  );
  expect(shown).toContain('<caption id="sizes-caption">Sizes</caption>');
  expect(shown).toContain('<th scope="col" class="text" aria-sort="none">');
  expect(shown).toContain(`<th scope="row" class="text" data-key="${harmless}">${harmless}</th>`);
  expect(shown).toContain('<td class="number">3</td>');
  expect(shown).toContain(`<tr class="failed" data-filter="${harmless}">`);
});

test('a page has no network, no inline code and no inline styles', () => {
  const page = documentOf({
    source: 'https://files.test',
    script: 'https://files.test/page.js',
    style: 'https://files.test/page.css',
    nonce: 'once',
    language: 'zh-cn',
    title: evil,
    body: html`<h1>Hello</h1>`,
  });
  const [, policy = ''] = /Content-Security-Policy"\s+content="([^"]+)"/.exec(page) ?? [];
  expect(policy.replaceAll('&#39;', "'").split('; ')).toEqual([
    "default-src 'none'",
    'style-src https://files.test',
    "script-src 'nonce-once'",
    "form-action 'none'",
    "base-uri 'none'",
  ]);
  expect(page).toContain('<html lang="zh-cn">');
  expect(page).toContain(`<title>${harmless}</title>`);
  expect(page.match(/<script/g)).toHaveLength(1);
});

test.each([
  [formatSize(6.712e9), '6.71 GB'],
  [formatSize(412e6), '412 MB'],
  [formatSize(3400), '3.4 kB'],
  [formatSize(12), '12 B'],
  [formatNumber(0), '0'],
  [formatNumber(1.2345), '1.23'],
  [formatNumber(-0.000012), '-1.2e-5'],
  [formatNumber(2_500_000), '2.5e+6'],
  [formatNumber(NaN), 'NaN'],
  [formatDuration(0.85), '850 ms'],
  [formatDuration(4.23), '4.2 s'],
  [formatDuration(48.2), '48 s'],
  [formatDuration(185), '3 min 5 s'],
  [formatDuration(7830), '2 h 10 min'],
])('%s is %s', (shown, expected) => {
  expect(shown).toBe(expected);
});
