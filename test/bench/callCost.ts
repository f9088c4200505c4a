/** What a call from JavaScript to C costs, by what it is given. */
import koffi from 'koffi';
import '../../backend/devices/bm1684x/types.ts';
import { median } from './stats.ts';

type WithAny = (x: number, given: unknown) => number;

const CALLS = 20_000;

/** Microseconds of one call, the median over the rounds, which alternate. */
export function callCosts(rounds: number): Record<string, number> {
  const libc = koffi.load('libc.so.6');
  // Arguments that a C function does not have are ignored: what is measured is their passing.
  const bare = libc.func('int abs(int x)') as (x: number) => number;
  const byValue = libc.func('int abs(int x, bm_device_mem_t memory)') as WithAny;
  const byPointer = libc.func('int abs(int x, const void *bytes)') as WithAny;
  const byArray = libc.func('int abs(int x, bm_tensor_t *tensors)') as WithAny;

  const memory = { device_addr: 2 ** 32, reserved: 0, dmabuf_fd: 0, flags: 0, size: 4096 };
  const shape = { num_dims: 3, dims: [1, 1, 64, 0, 0, 0, 0, 0] };
  // As many as a decode net takes.
  const tensors = Array.from({ length: 5 }, () => ({
    ...{ dtype: 8, shape, device_mem: memory, st_mode: 0 },
  }));
  const bytes = Buffer.alloc(5 * 72);
  const ways: Record<string, (x: number) => number> = {
    'an int': bare,
    'a device memory, by value': (x) => byValue(x, memory),
    'a buffer of 5 tensors, encoded before': (x) => byPointer(x, bytes),
    '5 tensors as objects, encoded by the call': (x) => byArray(x, tensors),
  };
  const found = new Map<string, number[]>();
  for (let round = -1; round < rounds; round++) {
    for (const [way, call] of Object.entries(ways)) {
      const begun = performance.now();
      for (let n = 0; n < CALLS; n++) call(n);
      const microseconds = ((performance.now() - begun) * 1000) / CALLS;
      // The first round is a warm-up.
      if (round >= 0) found.set(way, [...(found.get(way) ?? []), microseconds]);
    }
  }
  return Object.fromEntries([...found].map(([way, values]) => [way, median(values)]));
}
