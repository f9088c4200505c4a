/** The functions of the C library that Node does not have: on which processors a thread may run. */
import koffi from 'koffi';

/** sched.h; a thread has a number like a process. 0 is the calling one. */
export interface Sched {
  sched_getaffinity(thread: number, bytes: number, mask: Uint8Array): number;
  sched_setaffinity(thread: number, bytes: number, mask: Uint8Array): number;
}

/** One bit for each processor, the first in the lowest. As long as the C library's cpu_set_t. */
export const MASK_BYTES = 128;

export function openSched(): Sched {
  const libc = koffi.load('libc.so.6');
  const args = '(int thread, size_t bytes, ';
  return {
    sched_getaffinity: libc.func(`int sched_getaffinity${args}_Out_ uint8_t *mask)`),
    sched_setaffinity: libc.func(`int sched_setaffinity${args}const uint8_t *mask)`),
  };
}
