import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoopGuard } from '../../../backend/chat/loopGuard.ts';
import { findLoop } from '../../../backend/models/repetition.ts';

describe('findLoop', () => {
  const limits = { minCopies: 4, minLength: 12 };

  it.each([
    ['abcabcabcabc', 0],
    ['say: abcabcabcabc', 5],
    ['say: abcabcabcabcab', 5],
    ['xyxyxy', -1],
    ['abcabcabc and on', -1],
    ['aaaaaaaaaaaa', 0],
    ['', -1],
  ])('finds the loop of %j at %i', (text, start) => {
    expect(findLoop(text, limits)).toBe(start);
  });

  it('finds every unit that is repeated often enough, whatever stands before it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 3, maxLength: 30 }), (head, unit) => {
        const start = findLoop(head + unit.repeat(4), limits);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start).toBeLessThanOrEqual(head.length);
      }),
    );
  });

  it('reports nothing that is not periodic', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab ]{0,60}$/), (text) => {
        const start = findLoop(text, limits);
        if (start < 0) return;
        const loop = text.slice(start);
        const periods = Array.from({ length: loop.length / 4 }, (_, index) => index + 1);
        expect(periods.some((period) => loop.startsWith(loop.slice(period)))).toBe(true);
      }),
    );
  });
});

describe('LoopGuard', () => {
  const fed = (text: string): boolean => {
    const guard = new LoopGuard();
    for (const character of text) guard.push(character);
    return guard.looped.aborted;
  };

  it.each([
    ['a sentence without end', 'I am a helpful assistant. '.repeat(40), true],
    ['a long unit', 'The quick brown fox jumps over the lazy dog. '.repeat(6).repeat(6), true],
    ['a separator line', `Title\n${'-'.repeat(120)}\nText`, false],
    ['a refrain', 'Row, row, row your boat, gently down the stream. '.repeat(4), false],
    ['numbers', Array.from({ length: 500 }, (_, index) => `${index}, `).join(''), false],
  ])('judges %s', (_, text, looped) => {
    expect(fed(text)).toBe(looped);
  });
});
