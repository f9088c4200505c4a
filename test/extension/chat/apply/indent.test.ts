import fc from 'fast-check';
import { expect, test } from 'vitest';
import { baseIndent, levelIndent, reindent } from '../../../../extension/chat/apply/indent.ts';

test.each([
  ['moved in', 'f() {\n  a;\n}', '    ', '', '    f() {\n      a;\n    }'],
  ['moved out', '      f() {\n        a;\n      }', '  ', '', '  f() {\n    a;\n  }'],
  ['blank lines stay empty', 'a\n\nb', '  ', '', '  a\n\n  b'],
  ['blank lines around it go', '\n\n  a\n  b\n\n', '', '', 'a\nb'],
  [
    'only the first line lost its indentation',
    'f() {\n    a;\n  }',
    '  ',
    '',
    '  f() {\n    a;\n  }',
  ],
  [
    'spaces become the tabs around',
    'f() {\n  if (a) {\n    b;\n  }\n}',
    '\t',
    '\tx',
    '\tf() {\n\t\tif (a) {\n\t\t\tb;\n\t\t}\n\t}',
  ],
  ['tabs stay', 'f() {\n\ta;\n}', '\t', '\tx', '\tf() {\n\t\ta;\n\t}'],
])('%s', (_name, code, indent, around, expected) => {
  expect(reindent(code, indent, around)).toBe(expected);
});

test('code that is where it belongs stays as it is', () => {
  const line = fc.tuple(fc.nat(3), fc.stringMatching(/^[a-z;{}]{1,8}$/));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.nat(2), (lines, level) => {
      const [, ...rest] = lines;
      const text = [[0, 'f {'] as const, ...rest, [0, '}'] as const]
        .map(([depth, word]) => '  '.repeat(level + depth) + word)
        .join('\n');
      expect(reindent(text, baseIndent(text), text)).toBe(text);
    }),
  );
});

test.each([
  ['def f():\n  pass', '  '],
  ['    def f():\n        pass', '    '],
  ['\tdef f():\n\t\tpass', '\t'],
  ['x = 1', '    '],
])('one level of %j', (text, level) => {
  expect(levelIndent(text)).toBe(level);
});
