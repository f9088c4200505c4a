import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InlineCompletionParams } from '../../../backend/protocol/documents.ts';
import { cellsBefore } from '../../../extension/completion/notebookCells.ts';
import { assembleRelated, RELATED_BUDGET } from '../../../extension/completion/relatedText.ts';
import { Uri } from '../../support/fakeVscode.ts';

const named = (name: string, length = 10): { name: string; text: string } => ({
  name,
  text: name.repeat(length),
});

test('what changes least comes first, and edits in the order they were made', () => {
  const related = assembleRelated({
    declarations: [named('d')],
    files: [named('f')],
    edits: [named('e'), named('g')],
  });
  expect(related.map(({ kind, name }) => [kind, name])).toEqual([
    ['declaration', 'd'],
    ['file', 'f'],
    ['edit', 'e'],
    ['edit', 'g'],
  ]);
});

test('of too many edits the newest stay', () => {
  const edits = [named('a', 500), named('b', 500), named('c', 250)];
  const related = assembleRelated({ declarations: [], files: [], edits });
  expect(related.map(({ name }) => name)).toEqual(['b', 'c']);
});

test('whatever there is, budgets and the protocol’s limits hold', () => {
  const texts = fc.array(fc.record({ name: fc.string(), text: fc.string({ maxLength: 900 }) }));
  fc.assert(
    fc.property(texts, texts, texts, (declarations, files, edits) => {
      const related = assembleRelated({ declarations, files, edits });
      const total = related.reduce((sum, { text }) => sum + text.length, 0);
      const budgets = Object.values(RELATED_BUDGET).reduce((a, b) => a + b, 0);
      expect(total).toBeLessThanOrEqual(budgets);
      const params = {
        textDocument: { uri: 'file:///a' },
        position: { line: 0, character: 0 },
        related,
      };
      expect(InlineCompletionParams.parse(params).related).toEqual(related);
    }),
  );
});

function cell(number: number, text: string, languageId = 'python') {
  const uri = Uri.parse(`vscode-notebook-cell:/a.ipynb/${number}`);
  return { document: { uri, languageId, getText: () => text } };
}

function before(number: number, cells: readonly ReturnType<typeof cell>[], budget = 1000) {
  const current = cells[number - 1];
  if (!current) throw new Error('no such cell');
  type Cells = Parameters<typeof cellsBefore>[0];
  return cellsBefore(cells as unknown as Cells, current.document, budget);
}

const cells = [
  cell(1, 'import os\r\n'),
  cell(2, '# Title', 'markdown'),
  cell(3, ''),
  cell(4, 'x = 1'),
  cell(5, 'y = '),
  cell(6, 'later = 1'),
];

test('a cell sees the code before it, not prose nor what comes after', () => {
  expect(before(5, cells)).toEqual([
    { number: 1, text: 'import os' },
    { number: 4, text: 'x = 1' },
  ]);
  expect(before(1, cells)).toEqual([]);
});

test('where the budget ends, the first cells go', () => {
  expect(before(5, cells, 8)).toEqual([{ number: 4, text: 'x = 1' }]);
});
