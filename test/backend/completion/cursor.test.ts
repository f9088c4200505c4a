import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  linePrefix,
  lineSuffix,
  previousLine,
  readCursor,
} from '../../../backend/completion/cursor.ts';
import { windowEnd, windowStart } from '../../../backend/completion/promptWindow.ts';
import { cursorAt } from '../../support/cursorAt.ts';

const budget = { before: 3000, after: 1000 };

describe('readCursor', () => {
  it('reads the texts around the cursor with LF line ends', () => {
    const cursor = cursorAt('a\r\n  b‸c\r\nd');
    expect(cursor).toMatchObject({
      before: 'a\n  b',
      after: 'c\nd',
      reachesStart: true,
      reachesEnd: true,
      eol: '\r\n',
      position: { line: 1, character: 3 },
    });
    expect([linePrefix(cursor), lineSuffix(cursor), previousLine(cursor)]).toEqual([
      '  b',
      'c',
      'a',
    ]);
  });

  it.each([
    ['a\nb', '\n'],
    ['a\rb', '\r'],
    ['a\r\nb\n', '\r\n'],
    ['no line end', '\n'],
  ])('takes the line end of %j', (text, eol) => {
    expect(cursorAt(`‸${text}`).eol).toBe(eol);
  });

  it.each([
    [
      { line: 99, character: 99 },
      { line: 1, character: 2 },
    ],
    [
      { line: 0, character: 99 },
      { line: 0, character: 3 },
    ],
    // Between the halves of the emoji.
    [
      { line: 0, character: 2 },
      { line: 0, character: 1 },
    ],
  ])('moves %j to %j', (asked, position) => {
    const document = TextDocument.create('file:///a', 'text', 1, 'a😀\nbc');
    expect(readCursor(document, asked, budget).position).toEqual(position);
  });

  it('finds no previous line at the top, and skips blank ones', () => {
    expect(previousLine(cursorAt('  x‸'))).toBeUndefined();
    expect(previousLine(cursorAt('  x\n \n\n y‸'))).toBe('  x');
  });
});

describe('the prompt window', () => {
  const line = fc.string({ maxLength: 60 });
  const text = fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\n'));

  it('takes between half and all of the budget, where there is so much', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.integer({ min: 40, max: 400 }), (document, at, size) => {
        const offset = at % (document.length + 1);
        const start = windowStart(document, offset, size);
        expect(offset - start).toBeLessThanOrEqual(Math.min(offset, size + 1));
        expect(offset - start).toBeGreaterThanOrEqual(Math.min(offset, size / 2 - 1));
        const end = windowEnd(document, offset, size);
        expect(end - offset).toBeLessThanOrEqual(Math.min(document.length - offset, size));
      }),
    );
  });

  it('starts at the same place for a quarter of the budget’s keys', () => {
    const document = 'some = line_of_code\n'.repeat(500);
    const starts = new Set<number>();
    for (let offset = 5000; offset < 6000; offset++)
      starts.add(windowStart(document, offset, 2000));
    expect(starts.size).toBeLessThanOrEqual(3);
    for (const start of starts) expect(document[start - 1]).toBe('\n');
  });

  it('cuts a line that is too long, but no character', () => {
    const document = '😀'.repeat(5000);
    const start = windowStart(document, 8001, 1001);
    const end = windowEnd(document, 8000, 1001);
    expect(start % 2).toBe(0);
    expect(end % 2).toBe(0);
    expect(8001 - start).toBeLessThanOrEqual(1002);
  });
});
