import { expect, test } from 'vitest';
import * as vscode from 'vscode';
import { enclosingSymbol, outlineOf } from '../../../extension/chat/symbols.ts';

function symbol(
  name: string,
  kind: vscode.SymbolKind,
  [start, end]: [number, number],
  children: unknown[] = [],
): unknown {
  const range = new vscode.Range(start, 0, end, 1);
  // As VS Code makes them: both kinds in one object.
  const location = new vscode.Location(vscode.Uri.file('/a.ts'), range);
  return { name, kind, location, containerName: '', range, selectionRange: range, children };
}

const { Class, Function: Fn, Method, Variable } = vscode.SymbolKind;

const outline = outlineOf([
  symbol(
    'Queue',
    Class,
    [2, 20],
    [
      symbol('items', Variable, [3, 3]),
      symbol('push', Method, [5, 9], [symbol('callback', Variable, [6, 8])]),
    ],
  ),
  symbol('limit', Variable, [22, 22]),
  symbol('sum', Fn, [24, 30]),
]);

test.each([
  [0, undefined],
  [2, 'Queue'],
  [3, 'Queue'],
  [7, 'push'],
  [9, 'push'],
  [10, 'Queue'],
  [22, undefined],
  [24, 'sum'],
])('line %i belongs to %s', (line, name) => {
  expect(enclosingSymbol(outline, line)?.name).toBe(name);
});

test('a flat outline gives the innermost symbol too', () => {
  const uri = vscode.Uri.file('/a.py');
  const flat = (name: string, kind: vscode.SymbolKind, start: number, end: number) =>
    ({
      name,
      kind,
      location: new vscode.Location(uri, new vscode.Range(start, 0, end, 0)),
      containerName: '',
    }) satisfies Partial<vscode.SymbolInformation>;
  const symbols = outlineOf([flat('Outer', Class, 0, 9), flat('inner', Method, 2, 4)]);
  expect(enclosingSymbol(symbols, 3)?.name).toBe('inner');
  expect(enclosingSymbol(symbols, 6)?.name).toBe('Outer');
});

test.each([undefined, 'text', [{ name: 1 }], [{ name: 'f', kind: 11 }]])(
  'an answer like %j is no outline',
  (answer) => {
    expect(outlineOf(answer)).toEqual([]);
  },
);
