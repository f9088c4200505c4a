import { describe, expect, it } from 'vitest';
import {
  averaged,
  unmeasured,
  type Copied,
} from '../../../../backend/devices/bm1684x/copyCosts.ts';

const rate = (copied: Copied | undefined): number => copied!.bytes / copied!.ms;
const after = (before: Copied | undefined, ...copies: Copied[]): Copied | undefined =>
  copies.reduce(averaged, before);

describe('costs of copies', () => {
  const link = unmeasured(1e6);

  it('begin with what is known of the link', () => {
    expect(rate(link)).toBe(1e6);
  });

  it('are those of the first copy where nothing is known', () => {
    expect(rate(averaged(undefined, { bytes: 3000, ms: 2 }))).toBe(1500);
  });

  it('follow what copies took', () => {
    const slow = { bytes: 4e6, ms: 40 };
    const once = rate(averaged(link, slow));
    expect(once).toBeLessThan(1e6);
    expect(once).toBeGreaterThan(1e5);
    expect(rate(after(link, ...Array.from({ length: 30 }, () => slow)))).toBeCloseTo(1e5, -4);
  });

  it('follow large copies more than small ones', () => {
    const small = rate(averaged(link, { bytes: 1e3, ms: 0.1 }));
    const large = rate(averaged(link, { bytes: 1e6, ms: 100 }));
    expect(Math.abs(small - 1e6)).toBeLessThan(1e6 / 100);
    expect(large).toBeLessThan(1e6 / 1.5);
  });

  it.each([
    { bytes: 0, ms: 0 },
    { bytes: 0, ms: 3 },
    { bytes: 5, ms: 0 },
    { bytes: NaN, ms: NaN },
  ])('learn nothing from %j', (nothing) => {
    expect(averaged(link, nothing)).toBe(link);
    expect(averaged(undefined, nothing)).toBeUndefined();
  });
});
