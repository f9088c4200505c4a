import { describe, expect, it, vi } from 'vitest';
import { afterTimeout, allowedMs, SlowTexts } from '../../../backend/tokenizer/slowTexts.ts';
import { ManualDeadlines } from '../../support/manualDeadlines.ts';

function watch() {
  const deadlines = new ManualDeadlines();
  const onOverdue = vi.fn();
  const texts = new SlowTexts(deadlines.after, onOverdue);
  const times = (): number[] => deadlines.set.map(({ ms }) => ms);
  return { deadlines, onOverdue, texts, times };
}

describe('slow texts', () => {
  it('have time by their length, and at least some seconds', () => {
    expect(allowedMs(1)).toBeGreaterThan(5000);
    expect(allowedMs(2_000_000) - allowedMs(1_000_000)).toBe(allowedMs(1_000_000) - allowedMs(0));
    expect(allowedMs(1_000_000)).toBeGreaterThan(2 * allowedMs(1));
  });

  it('are overdue when the oldest is not answered in time', () => {
    const { deadlines, onOverdue, texts, times } = watch();
    texts.posted(1, 500);
    expect(times()).toEqual([allowedMs(500)]);
    deadlines.pass();
    expect(onOverdue).toHaveBeenCalledOnce();
    expect(times()).toEqual([]);
  });

  it('have no deadline when all are answered', () => {
    const { texts, times } = watch();
    texts.posted(1, 500);
    texts.posted(2, 500);
    texts.answered(2);
    expect(times()).toHaveLength(1);
    texts.answered(1);
    expect(times()).toEqual([]);
  });

  it('have more time for texts that came later, each once', () => {
    const { deadlines, onOverdue, texts, times } = watch();
    texts.posted(1, 500);
    texts.posted(2, 3000);
    texts.posted(3, 7000);
    deadlines.pass();
    expect(onOverdue).not.toHaveBeenCalled();
    expect(times()).toEqual([allowedMs(10_000) - allowedMs(0)]);
    deadlines.pass();
    expect(onOverdue).toHaveBeenCalledOnce();
  });

  it('are timed anew behind an oldest one that was answered', () => {
    const { deadlines, onOverdue, texts, times } = watch();
    texts.posted(1, 500);
    texts.posted(2, 3000);
    texts.posted(3, 7000);
    texts.answered(1);
    expect(times()).toEqual([allowedMs(10_000)]);
    deadlines.pass();
    expect(onOverdue).toHaveBeenCalledOnce();
  });

  it('are forgotten with their thread', () => {
    const { texts, times } = watch();
    texts.posted(1, 500);
    texts.posted(2, 500);
    texts.clear();
    expect(times()).toEqual([]);
    texts.posted(3, 1);
    expect(times()).toEqual([allowedMs(1)]);
  });
});

describe('a deadline by the clock', () => {
  it('passes after what has arrived meanwhile, unless it is taken back', async () => {
    const order: string[] = [];
    const takeBack = afterTimeout(0, () => order.push('taken back'));
    takeBack();
    await new Promise<void>((resolve) => {
      const hold = setInterval(() => undefined, 1000);
      afterTimeout(0, () => {
        clearInterval(hold);
        order.push('passed');
        resolve();
      });
    });
    expect(order).toEqual(['passed']);
  });
});
