/** Tables of a page: a caption, headings with a scope, and, where asked for, sorting. */
import { html, type Html, type HtmlPart } from './html.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => HtmlPart;
  /** Right-aligned. */
  readonly isNumber?: boolean;
  /** What the column is sorted by; without it, it cannot be sorted by. */
  readonly sortBy?: (row: Row) => string | number;
  /** The heading of its row. */
  readonly isRowHeading?: boolean;
}

export interface TableOptions<Row> {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Of a row that stands out; one of the style sheet. */
  readonly rowClass?: (row: Row) => string | undefined;
  /** What the filter looks in, when the table has one. */
  readonly filterText?: (row: Row) => string;
}

function heading<Row>({ title, isNumber, sortBy }: Column<Row>, index: number): Html {
  const kind = isNumber === true ? 'number' : 'text';
  if (!sortBy) return html`<th scope="col" class="${kind}">${title}</th>`;
  return html`<th scope="col" class="${kind}" aria-sort="none">
    <button type="button" class="sort" data-sort="${index}">${title}</button>
  </th>`;
}

function cell<Row>(column: Column<Row>, row: Row): Html {
  const kind = column.isNumber === true ? 'number' : 'text';
  const content = column.cell(row);
  const key = column.sortBy?.(row);
  const sorted = key === undefined ? undefined : html` data-key="${key}"`;
  return column.isRowHeading === true
    ? html`<th scope="row" class="${kind}" ${sorted}>${content}</th>`
    : html`<td class="${kind}" ${sorted}>${content}</td>`;
}

/** The rows stay in the order they are given in until a heading is pressed. */
export function table<Row>(options: TableOptions<Row>): Html {
  const { id, caption, columns, rows, rowClass, filterText } = options;
  const body = rows.map((row) => {
    const name = rowClass?.(row);
    const filter = filterText?.(row);
    return html`<tr${name === undefined ? undefined : html` class="${name}"`}${
      filter === undefined ? undefined : html` data-filter="${filter.toLowerCase()}"`
    }>${columns.map((column) => cell(column, row))}</tr>`;
  });
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}-caption">
    <table id="${id}">
      <caption id="${id}-caption">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(heading)}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

/** Names with what they stand for. */
export function facts(rows: readonly (readonly [string, HtmlPart])[]): Html {
  const shown = rows.filter(([, value]) => value !== undefined && value !== '');
  return html`<dl>
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
