/** Documents that nobody would write by hand, and answers that no model should give. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { readCursor } from '../../../backend/completion/cursor.ts';
import { isComplete, toSuggestion } from '../../../backend/completion/postProcess.ts';
import { shapeAt } from '../../../backend/completion/shape.ts';
import { CompletionBench } from '../../support/completionBench.ts';

const minified = 'function(a){return a?b[c]:{d:"e"}};'.repeat(30_000);
const documents: readonly (readonly [string, string])[] = [
  ['a minified line of 1 MB', `${minified}‸`],
  ['its middle', `${minified};‸\n${minified}`],
  ['1 MB in lines', `${'some = line_of_code(a, b)\n'.repeat(40_000)}x = ‸`],
  ['1 MB of blank lines', `${'\n'.repeat(1_000_000)}x = ‸`],
  ['1 MB of spaces', `x = ${' '.repeat(1_000_000)}‸`],
  ['1 MB of brackets', `${'({['.repeat(333_333)}‸`],
  ['1 MB of quotes', `${'"\'`'.repeat(333_333)}‸`],
  ['1 MB of emoji', `${'😀'.repeat(500_000)} = ‸`],
  ['lone surrogates', `\uD83D x\uDE00 = ‸\uDE00`],
  ['carriage returns', `${'a = 1\r'.repeat(1000)}x = ‸`],
  ['control characters', `\u0001\u0002\u001b[31mx = ‸`],
  ['a byte order mark', `\uFEFFx = ‸`],
  ['only closing brackets', `${')'.repeat(5000)}‸`],
];

describe('a completion in a bad document', () => {
  it.each(documents)('%s: asks with a bounded prompt, or says why not', async (_, marked) => {
    const bench = new CompletionBench();
    const answer = bench.ask(marked, { language: 'javascript' });
    await bench.settle();
    for (const call of bench.engine.calls) {
      expect(call.request.prompt.length).toBeLessThanOrEqual(1024);
      call.write(' a\n').finish();
    }
    const { items, fate } = await answer;
    expect(items.length > 0).toBe(fate === 'suggested');
  });

  it.each([
    [{ line: 999_999, character: 999_999 }],
    [{ line: 0, character: 2_147_483_647 }],
    [{ line: 2_147_483_647, character: 0 }],
  ])('takes %j for the nearest place there is', async (position) => {
    const bench = new CompletionBench();
    const answer = bench.ask('x = 1\ny =‸', { position });
    await bench.settle();
    for (const call of bench.engine.calls) call.write(' 2\n').finish();
    const { items } = await answer;
    for (const { range } of items) expect(range.start.line).toBeLessThanOrEqual(1);
  });

  it('never reads more of a document than the windows around its cursor', () => {
    const budget = { before: 300, after: 100 };
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), fc.nat(), (text, at) => {
        const document = TextDocument.create('file:///a', 'python', 1, text);
        const position = document.positionAt(at % (text.length + 1));
        const cursor = readCursor(document, position, budget);
        expect(cursor.before.length).toBeLessThanOrEqual(budget.before + 1);
        expect(cursor.after.length).toBeLessThanOrEqual(budget.after);
        expect(() => shapeAt(cursor, { mode: 'prefix', invoked: true })).not.toThrow();
      }),
    );
  });
});

describe('a bad answer', () => {
  const cursor = readCursor(
    TextDocument.create('file:///a', 'python', 1, 'def f(a):\n    '),
    { line: 1, character: 4 },
    { before: 3000, after: 1000 },
  );
  const context = { cursor, shape: 'block', taken: '', markers: [], maxLines: 12 } as const;

  it('of any text at all gives whole lines of whole characters, and no more than allowed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (written) => {
        const { text, fate } = toSuggestion(written, context, 'natural');
        expect(text === '').toBe(fate !== 'suggested');
        expect(Buffer.from(text).toString()).toBe(text);
        expect(text.split('\n').length).toBeLessThanOrEqual(13);
        isComplete(written, context);
      }),
    );
  });
});
