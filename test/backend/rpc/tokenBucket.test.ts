import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../backend/rpc/tokenBucket.ts';

describe('TokenBucket', () => {
  it('lets a burst through, then says how long to wait', () => {
    let now = 0;
    const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, () => now);
    expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toStrictEqual([
      0, 0, 0, 100,
    ]);
    now = 60;
    expect(bucket.take()).toBe(40);
    now = 100;
    expect([bucket.take(), bucket.take()]).toStrictEqual([0, 100]);
  });

  it('never lets more through than burst and rate allow, and always after the wait', () => {
    const options = fc.record({
      perSecond: fc.integer({ min: 1, max: 1000 }),
      burst: fc.integer({ min: 1, max: 100 }),
    });
    const gaps = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 });
    fc.assert(
      fc.property(options, gaps, ({ perSecond, burst }, gaps) => {
        let now = 0;
        let passed = 0;
        const bucket = new TokenBucket({ perSecond, burst }, () => now);
        for (const gap of gaps) {
          now += gap;
          const wait = bucket.take();
          if (wait === 0) passed += 1;
          else {
            now += wait;
            expect(bucket.take()).toBe(0);
            passed += 1;
          }
          expect(passed).toBeLessThanOrEqual(burst + (now * perSecond) / 1000 + 1e-6);
        }
      }),
    );
  });
});
