import { describe, expect, it, vi } from 'vitest';
import type { Bmlib } from '../../../../backend/devices/bm1684x/bmlib.ts';
import { Chip } from '../../../../backend/devices/bm1684x/chip.ts';
import { Runtime } from '../../../../backend/devices/bm1684x/runtime.ts';
import { cString, TensorArray } from '../../../../backend/devices/bm1684x/tensorArray.ts';
import { Status } from '../../../../backend/devices/bm1684x/types.ts';
import { fakeCardLibraries } from '../../../support/fakeCardLibraries.ts';

const memory = { device_addr: 4096, size: 8, reserved: 0, dmabuf_fd: 0, flags: 0 };
const fails = (code: string, text: string): Error =>
  expect.objectContaining({
    name: 'DeviceError',
    code,
    message: expect.stringContaining(text) as string,
  }) as Error;

describe('opening a chip', () => {
  it.each([-1, 2, 7])('never asks for the number %d, which was not counted', (number) => {
    const parts = fakeCardLibraries();
    expect(() => Chip.open(parts, number)).toThrow(fails('lost', 'there are 2'));
    expect(parts.dev_request).not.toHaveBeenCalled();
  });

  it('says that there is none', () => {
    const parts = fakeCardLibraries({ dev_getcount: () => Status.failure });
    expect(() => Chip.open(parts, 0)).toThrow(fails('lost', 'no chip was found'));
  });

  it('refuses another chip, and lets go of it', () => {
    const parts = fakeCardLibraries({
      get_chipid: (_, chip) => {
        chip[0] = 0x1684;
        return Status.success;
      },
    });
    expect(() => Chip.open(parts, 1)).toThrow(fails('lost', 'a 0x1684'));
    expect(parts.dev_free).toHaveBeenCalledWith(1n);
  });

  it('asks nothing that the emulator dies of, and a card whether it has been hung since before', () => {
    const thread_sync = vi.fn<Bmlib['thread_sync']>(() => Status.failure);
    const chip = Chip.open(fakeCardLibraries({ thread_sync }), 1);
    expect(thread_sync).not.toHaveBeenCalled();
    expect(() => {
      chip.checkAnswers();
    }).toThrow(fails('hung', 'Opening the chip'));
    thread_sync.mockReturnValue(Status.success);
    chip.checkAnswers();
  });
});

describe('an open chip', () => {
  it.each([
    [Status.timeout, 'hung', 'does not answer'],
    [Status.busy, 'hung', 'does not answer'],
    [Status.failure, 'lost', 'status 2'],
    [77, 'lost', 'status 77 (unknown)'],
  ])('turns status %d into %s', (status, code, text) => {
    const chip = Chip.open(fakeCardLibraries({ memcpy_d2s_partial_offset: () => status }), 0);
    expect(() => {
      chip.read(memory, new Uint8Array(8));
    }).toThrow(fails(code, text));
  });

  it.each([Status.failure, Status.timeout, Status.busy])(
    'is hung when a wait ends with status %d',
    (status) => {
      const thread_sync = vi.fn<Bmlib['thread_sync']>(() => Status.success);
      const chip = Chip.open(fakeCardLibraries({ thread_sync }), 0);
      chip.launched('lm_head');
      thread_sync.mockReturnValue(status);
      expect(() => {
        chip.settle();
      }).toThrow(fails('hung', 'Waiting for lm_head'));
    },
  );

  it.each([
    ['copy', Status.failure, 'hung', 'does not answer'],
    ['copy', Status.success, 'lost', 'Copying on the chip failed with status 2'],
    ['fill', Status.failure, 'hung', 'does not answer'],
    ['fill', Status.success, 'lost', 'Filling memory of the chip failed with status 2'],
  ] as const)('when a %s fails and a wait gives %d, says %s', (work, wait, code, text) => {
    const thread_sync = vi.fn<Bmlib['thread_sync']>(() => Status.success);
    const fail = (): number => Status.failure;
    const chip = Chip.open(
      fakeCardLibraries({ thread_sync, memcpy_d2d_byte: fail, memset_device_ext: fail }),
      0,
    );
    thread_sync.mockReturnValue(wait);
    expect(() => {
      if (work === 'copy') chip.copy(memory, 0, memory, 4, 4);
      else chip.fill(memory, 0);
    }).toThrow(fails(code, text));
  });

  it('names what copies on a card when that is not there', () => {
    const memcpy_d2d_byte = (): number => Status.failure;
    const chip = Chip.open(fakeCardLibraries({ memcpy_d2d_byte }), 0);
    chip.checkAnswers('/nowhere/module.so');
    expect(() => {
      chip.copy(memory, 0, memory, 4, 4);
    }).toThrow(fails('libraryMissing', 'there is no /nowhere/module.so.'));
  });

  it('names the largest heap when there is no memory', () => {
    const chip = Chip.open(
      fakeCardLibraries({
        malloc_device_byte: () => Status.noMemory,
        get_gmem_total_heap_num: (_, count) => {
          count[0] = 2;
          return Status.success;
        },
        get_gmem_heap_stat_byte_by_id: (_, stat, heap) => {
          Object.assign(stat, { total: 1000n, avail: BigInt(100 + heap) });
          return Status.success;
        },
      }),
      0,
    );
    expect(chip.heaps().map(({ name }) => name)).toEqual(['heap 0', 'heap 1']);
    expect(() => chip.allocate(500, 'states')).toThrow(
      expect.objectContaining({
        code: 'noMemory',
        shortage: { heap: 'device memory', neededBytes: 500, availableBytes: 101 },
      }) as Error,
    );
  });

  it('tells no heaps where the library succeeds and writes nothing', () => {
    const chip = Chip.open(
      fakeCardLibraries({
        get_gmem_total_heap_num: (_, count) => {
          count[0] = 1;
          return Status.success;
        },
        get_gmem_heap_stat_byte_by_id: () => Status.success,
      }),
      0,
    );
    expect(chip.heaps()).toEqual([]);
  });

  it('counts its calls', () => {
    const succeed = (): number => Status.success;
    const chip = Chip.open(
      fakeCardLibraries({ memcpy_d2d_byte: succeed, memcpy_d2s_partial_offset: succeed }),
      0,
    );
    chip.copy(memory, 0, memory, 4, 4);
    chip.read(memory, new Uint8Array(8));
    expect(chip.work).toMatchObject({ calls: 2, launches: 0 });
  });
});

describe('the host and what was launched', () => {
  it.each(['write', 'read'] as const)('waits once before a %s', (access) => {
    const calls: string[] = [];
    const noted = (name: string) => () => {
      calls.push(name);
      return Status.success;
    };
    const chip = Chip.open(
      fakeCardLibraries({
        thread_sync: noted('wait'),
        memcpy_s2d_partial_offset: noted('write'),
        memcpy_d2s_partial_offset: noted('read'),
      }),
      0,
    );
    const bytes = new Uint8Array(8);
    chip[access](memory, bytes);
    chip.launched('block_0');
    chip[access](memory, bytes);
    chip[access](memory, bytes);
    chip.settle();
    expect(calls).toEqual([access, 'wait', access, access]);
  });
});

describe('the runtime', () => {
  const launch = {
    net: 'block_3',
    name: cString('block_3'),
    inputs: new TensorArray([]),
    outputs: new TensorArray([]),
  };

  it('destroys what it cannot load', () => {
    const destroy = vi.fn();
    const chip = Chip.open(fakeCardLibraries({}, { load_bmodel: () => false, destroy }), 0);
    expect(() => Runtime.load(chip, '/m.bmodel')).toThrow(fails('libraryTooOld', 'm.bmodel'));
    expect(destroy).toHaveBeenCalledWith(2n);
  });

  it('names the net that was not launched', () => {
    const chip = Chip.open(fakeCardLibraries({}, { launch_tensor_ex: () => false }), 0);
    const runtime = Runtime.load(chip, '/m.bmodel');
    expect(() => runtime.launch(launch)).toThrow(fails('lost', 'did not launch block_3.'));
    expect(chip.work.launches).toBe(1);
  });

  it('says hung when the chip is the reason', () => {
    const thread_sync = vi.fn<Bmlib['thread_sync']>(() => Status.success);
    const parts = fakeCardLibraries({ thread_sync }, { launch_tensor_ex: () => false });
    const runtime = Runtime.load(Chip.open(parts, 0), '/m.bmodel');
    thread_sync.mockReturnValue(Status.failure);
    expect(() => runtime.launch(launch)).toThrow(fails('hung', 'block_3'));
  });
});
