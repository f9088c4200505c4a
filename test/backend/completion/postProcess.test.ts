import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isComplete,
  toSuggestion,
  type Ending,
  type MadeSuggestion,
  type SuggestionContext,
} from '../../../backend/completion/postProcess.ts';
import { cursorAt } from '../../support/cursorAt.ts';

function contextAt(marked: string, changes: Partial<SuggestionContext> = {}): SuggestionContext {
  return {
    cursor: cursorAt(marked),
    shape: 'line',
    taken: '',
    maxLines: 12,
    markers: ['<|im_end|>', '<|endoftext|>'],
    ...changes,
  };
}

const line = (marked: string, written: string, ending: Ending = 'natural'): string =>
  toSuggestion(written, contextAt(marked), ending).text;
const block = (marked: string, written: string, ending: Ending = 'natural'): string =>
  toSuggestion(written, contextAt(marked, { shape: 'block' }), ending).text;

describe('a suggestion for one line', () => {
  it.each([
    ['stops at the line’s end', 'x = ‸', '1\ny = 2', '1'],
    ['loses trailing white space', 'x = ‸', '1   ', '1'],
    ['is nothing when only white space', 'x = ‸', '  \n', ''],
    ['is nothing when empty', 'x = ‸', '', ''],
    ['stops at a token the model spelled', 'x = ‸', '1<|im_end|>2', '1'],
    ['is nothing when it repeats the previous line', 'x = 1\nx‸', ' = 1', ''],
    ['may repeat a closing bracket', '{ {\n}\n‸', '}', '}'],
    ['is nothing when it loops', 'x = ‸', 'foo.foo.foo.foo.foo.foo.', ''],
    ['may hold a long separator', '#‸', '-'.repeat(60), '-'.repeat(60)],
    ['drops the bracket the document has', 'foo(‸)', 'a, b)', 'a, b'],
    ['and what it put behind it', 'foo(‸)', 'a, b);', 'a, b'],
    ['keeps brackets of its own', 'foo(‸)', 'bar(a)', 'bar(a)'],
    ['keeps its own and drops the other', 'foo(‸)', 'bar(a))', 'bar(a)'],
    ['knows brackets in quotes', 'foo(‸)', '")", a)', '")", a'],
    ['drops the quote the document has', 'print("‸")', 'hello")', 'hello'],
    ['may open a quote before one', "x = ‸'a'", "'b' + ", "'b' +"],
    ['drops the rest of the line', 'foo(‸, bar)', 'a, bar)', 'a'],
    ['is nothing when the next line says it', 'if x:\n    ‸\n    return x', 'return x', ''],
  ])('%s', (_, marked, written, expected) => {
    expect(line(marked, written)).toBe(expected);
  });

  it('may end within the line when it was cut short', () => {
    expect(line('x = ‸', 'some_fun', 'cut short')).toBe('some_fun');
  });
});

describe('a suggestion for a block', () => {
  const body = 'def f(a):\n    ‸';

  it.each([
    [
      'ends before a line of an outer block',
      body,
      'b = a\n    return b\n\ndef g():',
      'b = a\n    return b',
    ],
    [
      'has deeper lines',
      body,
      'if a:\n        return 1\n    return 2\n',
      'if a:\n        return 1\n    return 2',
    ],
    ['has one blank line', body, 'b = a\n\n    return b', 'b = a\n\n    return b'],
    ['ends at two blank lines', body, 'b = a\n\n\n    return b', 'b = a'],
    [
      'may start with the line’s end',
      'def f(a):‸',
      '\n    return a\nprint(f(1))',
      '\n    return a',
    ],
    ['closes the bracket that opened it', 'if (a) {\n  ‸', 'go();\n}\nmore();', 'go();\n}'],
    ['but not a second time', 'if (a) {\n  ‸\n}', 'go();\n}\n', 'go();'],
    ['ends before an outer bracket', '  if (a) {\n    ‸', 'go();\n}\n', 'go();'],
    ['goes on behind an else', 'if (a) {\n  ‸', 'go();\n} else {\n  stop();', 'go();'],
    [
      'ends at a blank line on the outermost level',
      '# Constants\n‸',
      'A = 1\nB = 2\n\nC = 3',
      'A = 1\nB = 2',
    ],
    [
      'ends before the line the document has',
      body + '\n    return b',
      'b = a\n    return b',
      'b = a',
    ],
    ['says a line no third time', body, 'go(a)\n    go(a)\n    go(a)\n    go(a)', 'go(a)'],
    ['understands tabs', 'func f() {\n\t‸', 'a()\n\tb()\n}\nfunc g() {', 'a()\n\tb()\n}'],
  ])('%s', (_, marked, written, expected) => {
    expect(block(marked, written)).toBe(expected);
  });

  it('keeps whole lines of what was cut short', () => {
    expect(block(body, 'b = a\n    retu', 'cut short')).toBe('b = a');
    expect(block(body, 'retu', 'cut short')).toBe('retu');
  });

  it('has no more than twelve lines', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `    call_${index}()`);
    expect(block(body, lines.join('\n').trimStart()).split('\n')).toHaveLength(12);
  });
});

describe('isComplete', () => {
  it.each([
    ['line', 'x = ‸', '1', false],
    ['line', 'x = ‸', '1\n', true],
    ['line', 'x = ‸', '1<|im_end|>', true],
    ['block', 'def f(a):\n    ‸', 'b = a\n', false],
    ['block', 'def f(a):\n    ‸', 'b = a\n\n', false],
    ['block', 'def f(a):\n    ‸', 'b = a\n\n\n', true],
    ['block', 'def f(a):\n    ‸', 'b = a\nd', true],
    ['block', 'if (a) {\n  ‸', 'go();\n}', false],
    ['block', 'if (a) {\n  ‸', 'go();\n}\n', true],
  ] as const)('in a %s, %j with %j: %s', (shape, marked, written, expected) => {
    expect(isComplete(written, contextAt(marked, { shape }))).toBe(expected);
  });

  it('does not come before the end of what is suggested, and stays', () => {
    const pieces = fc.constantFrom(
      'a',
      'word',
      ' ',
      '\n',
      '    ',
      '}',
      '{',
      ')',
      ';',
      '<|im_end|>',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 25 }),
        fc.constantFrom('line', 'block'),
        fc.constantFrom('x = ‸', 'def f():\n    ‸', 'if (a) {\n  ‸\n}', '# top\n‸'),
        (written, shape, marked) => {
          const context = contextAt(marked, { shape });
          let soFar = '';
          let settled: MadeSuggestion | undefined;
          for (const piece of written) {
            soFar += piece;
            if (settled !== undefined) {
              expect(toSuggestion(soFar, context, 'natural')).toEqual(settled);
            } else if (isComplete(soFar, context)) {
              settled = toSuggestion(soFar, context, 'natural');
            }
          }
          expect(toSuggestion(soFar, context, 'natural').text).not.toMatch(/\s$|<\|im_end\|>/);
        },
      ),
    );
  });
});
