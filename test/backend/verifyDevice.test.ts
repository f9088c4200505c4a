import { expect, it } from 'vitest';
import { verifyDevice } from '../../backend/verifyDevice.ts';
import type { Machine } from '../../backend/deviceSpecs.ts';
import { PilotError } from '../../backend/protocol/errors.ts';

const machine: Machine = {
  chips: () => Promise.resolve([]),
  cardLibraries: () => Promise.resolve('/libraries'),
  emulatorLibraries: () => Promise.reject(new PilotError('toolchainMissing', { reason: 'none' })),
};

it('says before anything is computed that there is nothing to decode on', async () => {
  const find = verifyDevice({ machine: () => machine });
  await expect(find('/home', 'card')).rejects.toMatchObject({
    errorName: 'cardMissing',
    message: 'There is no card to verify on: the driver knows of none',
  });
  await expect(find('/home', 'emulator')).rejects.toMatchObject({ errorName: 'toolchainMissing' });
  const without = { ...machine, chips: () => Promise.resolve([0]) };
  const cardLibraries = (): Promise<string> =>
    Promise.reject(new PilotError('libraryMissing', { device: 'bm1684x', reason: 'none' }));
  const other = verifyDevice({ machine: () => ({ ...without, cardLibraries }) });
  await expect(other('/home', 'card')).rejects.toMatchObject({ errorName: 'libraryMissing' });
});
