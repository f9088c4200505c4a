/** The card's libraries without a card, for tests of what is asked of them. */
import { vi } from 'vitest';
import type { Bmlib } from '../../backend/devices/bm1684x/bmlib.ts';
import type { Bmrt } from '../../backend/devices/bm1684x/bmrt.ts';
import { Status } from '../../backend/devices/bm1684x/types.ts';

/** Libraries that answer what they are told to, and remember what they were asked. */
export function fakeCardLibraries(bmlib: Partial<Bmlib> = {}, bmrt: Partial<Bmrt> = {}) {
  const dev_request = vi.fn<Bmlib['dev_request']>((handle) => {
    handle[0] = 1n;
    return Status.success;
  });
  const dev_free = vi.fn<Bmlib['dev_free']>();
  const usual: Partial<Bmlib> = {
    dev_request,
    dev_free,
    dev_getcount: (count) => {
      count[0] = 2;
      return Status.success;
    },
    get_chipid: (_, chip) => {
      chip[0] = 0x1686;
      return Status.success;
    },
    thread_sync: () => Status.success,
    get_gmem_total_heap_num: () => Status.notSupported,
  };
  const runtime: Partial<Bmrt> = { create: () => 2n, load_bmodel: () => true, destroy: vi.fn() };
  return {
    bmlib: { ...usual, ...bmlib } as Bmlib,
    bmrt: { ...runtime, ...bmrt } as Bmrt,
    dev_request,
    dev_free,
  };
}
