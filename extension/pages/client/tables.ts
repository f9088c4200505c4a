/** Sorting by a column and filtering by words, for every table that asks for it. */

/** Numbers by value, before any text. */
function compare(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a.localeCompare(b, undefined, { numeric: true });
}

function keyOf(row: HTMLTableRowElement, column: number): string {
  return row.cells[column]?.dataset['key'] ?? '';
}

function sortBy(button: HTMLElement): void {
  const heading = button.closest('th');
  const body = button.closest('table')?.tBodies[0];
  if (!heading || !body) return;
  const isUp = heading.getAttribute('aria-sort') !== 'ascending';
  for (const other of heading.parentElement?.querySelectorAll('[aria-sort]') ?? []) {
    other.setAttribute('aria-sort', 'none');
  }
  heading.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
  const column = Number(button.dataset['sort']);
  const rows = [...body.rows].sort((a, b) => compare(keyOf(a, column), keyOf(b, column)));
  body.append(...(isUp ? rows : rows.reverse()));
}

/** Every word has to be in the row. The element that counts is told to screen readers. */
function filter(input: HTMLInputElement): void {
  const table = document.getElementById(input.dataset['table'] ?? '');
  const count = document.getElementById(input.dataset['count'] ?? '');
  if (!(table instanceof HTMLTableElement)) return;
  const words = input.value.toLowerCase().split(/\s+/);
  const rows = [...(table.tBodies[0]?.rows ?? [])];
  for (const row of rows) {
    const text = row.dataset['filter'] ?? '';
    row.hidden = !words.every((word) => text.includes(word));
  }
  if (!count) return;
  const shown = rows.filter(({ hidden }) => !hidden).length;
  count.textContent = (count.dataset['text'] ?? '')
    .replace('{0}', String(shown))
    .replace('{1}', String(rows.length));
}

export function startTables(): void {
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>('[data-sort]') : null;
    if (button) sortBy(button);
  });
  document.addEventListener('input', ({ target }) => {
    if (target instanceof HTMLInputElement && target.dataset['table'] !== undefined) filter(target);
  });
}
