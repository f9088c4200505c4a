import { expect, test } from 'vitest';
import { documentationEdit } from '../../../../extension/chat/apply/documentation.ts';

/** The text after the edit; undefined when there is none. */
function documented(
  text: string,
  start: number,
  block: string,
  languageId: string,
): string | undefined {
  const lines = text.split('\n');
  const edit = documentationEdit(lines, start, block, languageId);
  if (!edit) return undefined;
  expect(edit.end).toBeGreaterThan(edit.start);
  return [...lines.slice(0, edit.start), edit.text, ...lines.slice(edit.end)].join('\n');
}

const CLASS = 'class A {\n  push() {\n    x();\n  }\n}';

test('a comment goes above, at the indentation of the code', () => {
  expect(documented(CLASS, 1, '/**\n * Adds.\n */', 'typescript')).toBe(
    'class A {\n  /**\n   * Adds.\n   */\n  push() {\n    x();\n  }\n}',
  );
});

test('only the comment is taken, when the model repeats or changes the code', () => {
  expect(documented(CLASS, 1, '/** Adds. */\npush() {\n  y();\n}', 'typescript')).toBe(
    'class A {\n  /** Adds. */\n  push() {\n    x();\n  }\n}',
  );
});

test('the old comment gives way, above the symbol or inside the selection', () => {
  const old = '// Old.\n// Older.\nfunc Sum() {}';
  const fresh = '// Sum adds.\nfunc Sum() {}';
  expect(documented(old, 2, '// Sum adds.', 'go')).toBe(fresh);
  expect(documented(old, 0, '// Sum adds.', 'go')).toBe(fresh);
});

test('a comment further up, such as a licence, stays', () => {
  const text = '// Licence.\n\nint f();';
  expect(documented(text, 2, '/// Does f.', 'cpp')).toBe('// Licence.\n\n/// Does f.\nint f();');
});

test('a docstring goes inside, one level in', () => {
  const text = 'def mean(\n    values,\n):\n    return 1';
  expect(documented(text, 0, '"""The mean.\n\nOf values.\n"""', 'python')).toBe(
    'def mean(\n    values,\n):\n    """The mean.\n\n    Of values.\n    """\n    return 1',
  );
});

test('an old docstring gives way', () => {
  const text = 'class A:\n  def f(self):\n    """Old.\n\n    Text.\n    """\n    return 1';
  expect(documented(text, 1, 'def f(self):\n    """New."""\n    return 2', 'python')).toBe(
    'class A:\n  def f(self):\n    """New."""\n    return 1',
  );
});

test.each([
  ['no comment in the block', CLASS, 'push() {}', 'typescript'],
  ['a language whose comments are not known', 'x', '// y', 'brainfuck'],
  ['no docstring', 'def f():\n    pass', 'def f(): pass', 'python'],
])('nothing is done with %s', (_name, text, block, languageId) => {
  expect(documented(text, 0, block, languageId)).toBeUndefined();
});
