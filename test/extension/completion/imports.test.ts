import { expect, test } from 'vitest';
import { declarationAt } from '../../../extension/completion/declarationText.ts';
import { calledNames, importedNames } from '../../../extension/completion/imports.ts';

test.each([
  ['TypeScript', "import { Reader, type Options as Opts } from './reader.ts';", ['Reader', 'Opts']],
  ['TypeScript, several lines', "import {\n  Reader,\n  Writer,\n} from './io.ts';", ['Reader']],
  ['TypeScript, the whole module', "import * as reader from 'Reader';", ['reader']],
  ['JavaScript', "const { Reader } = require('./Writer');", ['Reader']],
  ['Python', 'from tools.files import Reader, load as load_all', ['Reader', 'load_all']],
  ['Python, in brackets', 'from tools import (\n    Reader,\n    Writer,\n)', ['Reader']],
  ['Rust', 'use crate::io::{Reader, Writer};', ['Reader']],
  ['Java', 'import org.example.Reader;', ['Reader']],
  ['C#', 'using Example.Reader;', ['Reader']],
])('imports of %s that are used', (_, statement, expected) => {
  const body = 'Opts Reader reader load_all other';
  const found = importedNames(`${statement}\n${body}`, body, 8);
  expect(found.map(({ name }) => name).sort()).toEqual([...expected].sort());
});

test('a name comes with its place, the most used first', () => {
  const text = "import { one, two } from 'x';\nimport { three } from 'y';\n";
  expect(importedNames(text, 'three three one', 8)).toEqual([
    { name: 'three', line: 1, character: 9 },
    { name: 'one', line: 0, character: 9 },
  ]);
  expect(importedNames(text, 'three three one', 1)).toHaveLength(1);
});

test('minified lines and lines far below are no imports', () => {
  const minified = `import{Reader}from"x";${'a'.repeat(1000)}`;
  expect(importedNames(minified, 'Reader', 8)).toEqual([]);
  expect(importedNames(`${'\n'.repeat(300)}import Reader`, 'Reader', 8)).toEqual([]);
});

test('where imports name no functions, the calls near the cursor do', () => {
  expect(calledNames(['int x = parse_all(a);', 'if (ok(x)) emit(x);'], 10, 8)).toEqual([
    { name: 'emit', line: 11, character: 11 },
    { name: 'parse_all', line: 10, character: 8 },
  ]);
});

const source = `import os

# Reads all of it.
# Blocks.
def read(path, size=0):
    with open(path) as f:
        return f.read(size)


def write(path):
    pass`;

test('a declaration is cut with its comment and its body', () => {
  expect(declarationAt(source, 4)).toBe(
    source.slice(source.indexOf('# Reads'), source.indexOf('\n\n\ndef write')),
  );
});

test('a declaration with brackets ends with them, and a long one is cut', () => {
  const text = 'interface A {\n  one: string;\n}\n\ninterface B {\n  two: string;\n}';
  expect(declarationAt(text, 0)).toBe('interface A {\n  one: string;\n}');
  const long = `class A {\n${'  field;\n'.repeat(50)}}`;
  expect(declarationAt(long, 0).split('\n')).toHaveLength(12);
});

test.each([
  ['a line that is not there', 'one', 7],
  ['a minified line', 'x'.repeat(5000), 0],
])('%s gives nothing', (_, text, line) => {
  expect(declarationAt(text, line)).toBe('');
});
