/** One chip, opened: memory, copies and waiting, with every status as a DeviceError. */
import { existsSync } from 'node:fs';
import { DeviceError } from '../device.ts';
import type { CardLibraries } from './libraries.ts';
import { BM1684X, Status, toPointer, type DeviceMemory, type Pointer } from './types.ts';

/** bm_heap_stat_byte_t, bmlib_runtime.h:2587. Sizes in bytes. */
interface HeapStat {
  heap_id: number;
  total: number | bigint;
  avail: number | bigint;
  used: number | bigint;
  start_addr: number | bigint;
}

/** Calls of the libraries' functions, and what they took. */
export interface ChipWork {
  calls: number;
  launches: number;
  /** Spent inside the libraries, in ms. */
  nativeMs: number;
}

/** Loaded by libbmlib from this one place, wherever libbmlib itself is (bmlib of libsophon 0.5.1). */
const KERNEL_MODULE = '/opt/sophon/libsophon-current/lib/tpu_module/libbm1684x_kernel_module.so';

export class Chip {
  /** Counted up, from the opening. */
  readonly work: ChipWork = { calls: 0, launches: 0, nativeMs: 0 };
  readonly #libraries: CardLibraries;
  readonly #now: () => number;
  /** The net that was launched last and not waited for. */
  #pending: string | undefined;
  /** Of a card. */
  #kernelModule: string | undefined;

  private constructor(
    libraries: CardLibraries,
    readonly handle: Pointer,
    now: () => number,
  ) {
    this.#libraries = libraries;
    this.#now = now;
  }

  /**
   * @param number of the chip, as the driver counts them
   * @param now monotonic, in ms
   * @throws DeviceError lost, when there is no such chip or it cannot be opened
   */
  static open(libraries: CardLibraries, number: number, now = () => performance.now()): Chip {
    const { bmlib } = libraries;
    const count = [0];
    const counted = bmlib.dev_getcount(count);
    const chips = counted === Status.success ? (count[0] ?? 0) : 0;
    // The library ends the process for a number that does not exist.
    if (number < 0 || number >= chips) {
      const reason = chips === 0 ? 'no chip was found' : `there are ${chips}, counted from 0`;
      throw new DeviceError('lost', `There is no chip ${number}: ${reason}.`);
    }
    const handle: (Pointer | null)[] = [null];
    const status = bmlib.dev_request(handle, number);
    if (status !== Status.success) throw failure(status, `Opening the chip ${number}`);
    const chip = new Chip(libraries, toPointer(handle[0]), now);
    const id = [0];
    const known = bmlib.get_chipid(chip.handle, id) === Status.success;
    if (known && id[0] !== BM1684X) {
      chip.close();
      const hex = (id[0] ?? 0).toString(16);
      throw new DeviceError('lost', `The chip ${number} is a 0x${hex}, not a BM1684X.`);
    }
    return chip;
  }

  get libraries(): CardLibraries {
    return this.#libraries;
  }

  /** @throws DeviceError noMemory, hung, lost */
  allocate(bytes: number, what: string): DeviceMemory {
    const memory = { device_addr: 0, reserved: 0, dmabuf_fd: 0, flags: 0, size: 0 };
    const status = this.#libraries.bmlib.malloc_device_byte(this.handle, memory, bytes);
    this.work.calls++;
    if (status === Status.noMemory || status === Status.failure) {
      throw new DeviceError('noMemory', `There are no ${bytes} bytes in one piece for ${what}.`, {
        heap: 'device memory',
        neededBytes: bytes,
        availableBytes: Math.max(0, ...this.heaps().map((heap) => heap.availableBytes)),
      });
    }
    this.#check(status, `Allocating memory for ${what}`);
    return memory;
  }

  free(memory: DeviceMemory): void {
    this.#libraries.bmlib.free_device(this.handle, memory);
  }

  /**
   * From the host, after what was launched: by itself, the copy would not wait for nets that still
   * read what it writes over.
   * @throws DeviceError hung, lost
   */
  write(memory: DeviceMemory, data: Uint8Array, offset = 0): void {
    this.settle();
    const { bmlib } = this.#libraries;
    const size = data.byteLength;
    this.#call('Writing to the chip', () =>
      bmlib.memcpy_s2d_partial_offset(this.handle, memory, data, size, offset),
    );
  }

  /** To the host, after what was launched. @throws DeviceError hung, lost */
  read(memory: DeviceMemory, into: Uint8Array, offset = 0): void {
    this.settle();
    const { bmlib } = this.#libraries;
    const size = into.byteLength;
    this.#call('Reading from the chip', () =>
      bmlib.memcpy_d2s_partial_offset(this.handle, into, memory, size, offset),
    );
  }

  /** On the chip; returns when it is done. Offsets and size in bytes. @throws DeviceError */
  copy(
    to: DeviceMemory,
    toOffset: number,
    from: DeviceMemory,
    fromOffset: number,
    bytes: number,
  ): void {
    const { bmlib } = this.#libraries;
    this.#compute('Copying on the chip', () =>
      bmlib.memcpy_d2d_byte(this.handle, to, toOffset, from, fromOffset, bytes),
    );
  }

  /** @throws DeviceError */
  fill(memory: DeviceMemory, byte: number): void {
    const { bmlib } = this.#libraries;
    this.#compute('Filling memory of the chip', () =>
      bmlib.memset_device_ext(this.handle, Uint8Array.of(byte), 1, memory),
    );
  }

  /**
   * Whether it has been hung since before it was opened. For a card: the emulator's library ends the
   * process when a thread waits that has launched nothing.
   * @param kernelModule what copies and fills on a card
   * @throws DeviceError hung
   */
  checkAnswers(kernelModule = KERNEL_MODULE): void {
    this.#kernelModule = kernelModule;
    this.#wait('Opening the chip');
  }

  /** A net is on its way. */
  launched(net: string): void {
    this.#pending = net;
    this.work.launches++;
  }

  /** Waits for what this thread has launched, if it has not yet. @throws DeviceError hung */
  settle(): void {
    const net = this.#pending;
    if (net === undefined) return;
    this.#pending = undefined;
    this.#wait(`Waiting for ${net}`);
  }

  /** A call of a library whose result is its caller's business, counted. */
  timed<T>(call: () => T): T {
    const begun = this.#now();
    const result = call();
    this.work.nativeMs += this.#now() - begun;
    this.work.calls++;
    return result;
  }

  /** Memory by heap; none where the libraries do not tell, as on the emulator. */
  heaps(): { name: string; totalBytes: number; availableBytes: number }[] {
    const { bmlib } = this.#libraries;
    const count = [0];
    if (bmlib.get_gmem_total_heap_num(this.handle, count) !== Status.success) return [];
    return Array.from({ length: count[0] ?? 0 }, (_, id) => {
      const stat: HeapStat = { heap_id: 0, total: 0, avail: 0, used: 0, start_addr: 0 };
      const status = bmlib.get_gmem_heap_stat_byte_by_id(this.handle, stat, id);
      return status === Status.success && Number(stat.total) > 0
        ? [
            {
              name: `heap ${id}`,
              totalBytes: Number(stat.total),
              availableBytes: Number(stat.avail),
            },
          ]
        : [];
    }).flat();
  }

  /** Without it, the emulator's library ends the process with a crash. */
  close(): void {
    this.#libraries.bmlib.dev_free(this.handle);
  }

  /**
   * The driver gives up a wait after 20 s, and from then on refuses every one until the chip is
   * recovered. To the library both are but a failure (bm_thread_sync in bmlib_runtime.cpp of
   * libsophon 0.5.1, BMDEV_THREAD_SYNC_API in driver/bm_fops.c), and a wait fails of nothing else.
   */
  #wait(what: string): void {
    const status = this.timed(() => this.#libraries.bmlib.thread_sync(this.handle));
    if (status !== Status.success) throw hung(status, what);
  }

  /** What the chip itself does, and the library waits for. */
  #compute(what: string, call: () => number): void {
    const status = this.timed(call);
    if (status === Status.success) return;
    // Says so, when it is the chip that does not answer.
    this.#wait(what);
    if (this.#kernelModule !== undefined && !existsSync(this.#kernelModule)) {
      throw new DeviceError('libraryMissing', `there is no ${this.#kernelModule}.`);
    }
    throw failure(status, what);
  }

  #call(what: string, call: () => number): void {
    this.#check(this.timed(call), what);
  }

  #check(status: number, what: string): void {
    if (status !== Status.success) throw failure(status, what);
  }
}

function failure(status: number, what: string): DeviceError {
  if (status === Status.timeout || status === Status.busy) return hung(status, what);
  return new DeviceError('lost', `${what} failed with status ${status} (${nameOf(status)}).`);
}

function hung(status: number, what: string): DeviceError {
  return new DeviceError('hung', `${what}: the chip does not answer (${nameOf(status)}).`);
}

function nameOf(status: number): string {
  return Object.entries(Status).find(([, value]) => value === status)?.[0] ?? 'unknown';
}
