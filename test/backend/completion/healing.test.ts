import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeUnfinishedEnd, withoutTakenEnd } from '../../../backend/completion/healing.ts';

describe('takeUnfinishedEnd', () => {
  it.each([
    ['x =', ''],
    ['x = ', ' '],
    ['def f():\n    ', '\n    '],
    ['def f():\n    retu', '\n    retu'],
    ['np.on', 'on'],
    ['a\n\n\n', '\n\n\n'],
    ['total = 1\nprint(total', ''],
    ['   \n  imp', ''],
    ['größe = grö', ' grö'],
  ])('of %j takes %j', (before, taken) => {
    const healed = takeUnfinishedEnd(before, '');
    expect(healed).toEqual({ asked: before.slice(0, before.length - taken.length), taken });
  });

  it('knows words behind the cursor, too', () => {
    expect(takeUnfinishedEnd('x = total', '\ntotal = 1').taken).toBe('');
  });
});

describe('withoutTakenEnd', () => {
  it.each([
    ['anything', '', 'anything'],
    [' 1', ' ', '1'],
    ['  1', ' ', ' 1'],
    ['1', ' ', undefined],
    ['\n    return a', '\n    ', 'return a'],
    ['\n\n    return a', '\n    ', 'return a'],
    ['\n        return a', '\n    ', '    return a'],
    ['\n  return a', '\n    ', undefined],
    [' # a', '\n    ', undefined],
    ['\n    return a', '\n    retu', 'rn a'],
    ['\n    raise', '\n    retu', undefined],
    ['\n        return', '\n    retu', undefined],
    ['ones(3)', 'on', 'es(3)'],
    [' ones(3)', 'on', undefined],
    ['\n\t\treturn', '\n\t', '\treturn'],
  ])('of %j and %j leaves %j', (written, taken, left) => {
    expect(withoutTakenEnd(written, taken)).toBe(left);
  });

  const taken = fc.tuple(
    fc.constantFrom('', ' ', '\n', '\n    ', '\n\n\t'),
    fc.constantFrom('', 'wo', 'word'),
  );

  it('never gives up on an answer that will fit', () => {
    fc.assert(
      fc.property(taken, fc.string(), fc.nat(), (parts, more, length) => {
        const text = parts.join('');
        const written = text + more;
        const soFar = withoutTakenEnd(written.slice(0, length % (written.length + 1)), text);
        expect(soFar).toBeDefined();
        if (!/^\s/.test(more)) expect(withoutTakenEnd(written, text)).toBe(more);
      }),
    );
  });
});
