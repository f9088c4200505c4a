import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import { lazily } from '../../../../backend/devices/bm1684x/lazyFunction.ts';

interface Functions {
  length(text: string): number;
  missing(): number;
  wrong(): number;
}

describe('functions of a library', () => {
  const functions = lazily<Functions>(
    koffi.load('libc.so.6'),
    {
      length: 'size_t strlen(const char *text)',
      missing: 'int bm_function_of_a_newer_library(void)',
      wrong: 'int strlen(unknown_type value)',
    },
    (symbol) => new Error(`lacks ${symbol}`),
  );

  it('are found when they are called', () => {
    expect([functions.length('abc'), functions.length('')]).toEqual([3, 0]);
  });

  it('are named when the library lacks them, each time', () => {
    const call = (): number => functions.missing();
    expect(call).toThrow('lacks bm_function_of_a_newer_library');
    expect(call).toThrow('lacks bm_function_of_a_newer_library');
  });

  it('are not said to be missing when their declaration is wrong', () => {
    expect(() => functions.wrong()).toThrow('unknown_type');
  });
});
