import { describe, expect, it } from 'vitest';
import { deviceSpecs, type Machine } from '../../backend/deviceSpecs.ts';
import { parseDevice } from '../../backend/devices/deviceName.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import type { DeviceSpec } from '../../backend/scheduling/deviceEngine.ts';

interface Asked {
  readonly specs: DeviceSpec[];
  /** Folders in which the card's libraries were looked for. */
  readonly folders: (string | undefined)[];
}

async function specsFor(
  device: string,
  { slots, libsophon, ...changes }: Partial<Machine> & { slots?: number; libsophon?: string } = {},
): Promise<Asked> {
  const folders: (string | undefined)[] = [];
  const machine: Machine = {
    chips: () => Promise.resolve([0, 1]),
    cardLibraries: (folder) => {
      folders.push(folder);
      return Promise.resolve('/card/lib');
    },
    emulatorLibraries: () => Promise.resolve('/home/emulator/v1'),
    ...changes,
  };
  const specs = await deviceSpecs(
    { device: parseDevice(device)!, slots, libsophon },
    'h.js',
    machine,
  );
  return { specs, folders };
}

function programOf({ host }: DeviceSpec): Exclude<DeviceSpec['host'], PilotError> {
  if (host instanceof PilotError) throw host;
  return host;
}

const noChips = { chips: () => Promise.resolve([]) };

describe('deviceSpecs', () => {
  it('gives every chip a host of its own, and asks once for the libraries', async () => {
    const { specs, folders } = await specsFor('bm1684x', { libsophon: '/mine' });
    expect(specs.map(({ id, kind, slots }) => [id, kind, slots])).toEqual([
      ['bm1684x-0', 'bm1684x', 4],
      ['bm1684x-1', 'bm1684x', 4],
    ]);
    expect(specs.map((spec) => programOf(spec).args)).toEqual([['bm1684x:0'], ['bm1684x:1']]);
    expect(programOf(specs[0]!).env).toMatchObject({ TPU_PILOT_CARD_LIBRARIES: '/card/lib' });
    expect(folders).toEqual(['/mine']);
  });

  it('takes the card and the CPU when left to itself, or the CPU alone', async () => {
    const ids = async (machine?: Partial<Machine>): Promise<string[]> =>
      (await specsFor('auto', machine)).specs.map(({ id }) => id);
    expect(await ids()).toEqual(['bm1684x-0', 'bm1684x-1', 'cpu']);
    expect(await ids(noChips)).toEqual(['cpu']);
  });

  it('takes one chip, or says which there are', async () => {
    const { specs } = await specsFor('bm1684x:1');
    expect(specs).toMatchObject([{ id: 'bm1684x-1', host: { args: ['bm1684x:1'] } }]);
    const reasonOf = async (device: string, machine?: Partial<Machine>): Promise<unknown> =>
      (await specsFor(device, machine)).specs.map(({ id, host }) =>
        host instanceof PilotError ? [id, host.errorName, host.message] : id,
      );
    expect(await reasonOf('bm1684x:2')).toEqual([
      ['bm1684x-2', 'cardNotFound', expect.stringContaining('there is 0, 1')],
    ]);
    expect(await reasonOf('bm1684x', noChips)).toEqual([
      ['bm1684x-0', 'cardNotFound', expect.stringContaining('knows of none')],
    ]);
  });

  it('emulates as many chips as asked, with what the emulator reads of its environment', async () => {
    const { specs } = await specsFor('emulator:2', noChips);
    expect(specs.map(({ id }) => id)).toEqual(['emulator-0', 'emulator-1']);
    const { args, env, liveness } = programOf(specs[1]!);
    expect(args).toEqual(['emulator:1']);
    expect(env).toEqual({
      TPU_PILOT_CARD_LIBRARIES: '/home/emulator/v1',
      TPUKERNEL_FIRMWARE_PATH: '/home/emulator/v1/libcmodel_bm1684x.so',
      CMODEL_GLOBAL_MEM_SIZE: '0x400000000',
      BMRT_LOG_VERSION: '2',
    });
    expect(liveness?.stepMs).toBeGreaterThan(3_600_000);
  });

  it('knows a device that cannot be used, with the reason, beside the others', async () => {
    const missing = new PilotError('libraryMissing', {
      device: 'bm1684x',
      reason: 'it is not there',
    });
    const { specs } = await specsFor('auto', { cardLibraries: () => Promise.reject(missing) });
    expect(specs.map(({ host }) => host === missing)).toEqual([true, true, false]);
  });

  it('lets the configuration decide on slots', async () => {
    const { specs } = await specsFor('auto', { slots: 2 });
    expect(specs.map(({ slots }) => slots)).toEqual([2, 2, 2]);
    expect((await specsFor('cpu')).specs).toMatchObject([{ id: 'cpu', slots: 8 }]);
  });
});
