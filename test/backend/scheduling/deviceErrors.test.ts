import { expect, it } from 'vitest';
import { DeviceError, type MemoryShortage } from '../../../backend/devices/device.ts';
import { pilotErrorOf } from '../../../backend/scheduling/deviceErrors.ts';

const short: MemoryShortage = { heap: 'heap 0', neededBytes: 180, availableBytes: 160 };

it.each([
  [short, 'outOfMemory', '160 free.'],
  [{ ...short, fits: { slots: 2, contextLength: 512 } }, 'outOfMemoryFits', '2 slots of 512'],
  [{ ...short, convertedFor: 1280 }, 'outOfMemoryConverted', 'converted for 1280 tokens'],
])('says of the shortage %j what would help', (shortage, errorName, said) => {
  const error = new DeviceError('noMemory', 'It is full.', shortage);
  expect(pilotErrorOf(error, { device: 'bm1684x-0', path: '/m' })).toMatchObject({
    errorName,
    message: expect.stringContaining(said) as string,
  });
});

it.each([
  ['bm1684x-0', 'libraryTooOld', /libsophon/],
  ['emulator-0', 'toolchainBroken', /Install again/],
])('says how the libraries of %s are had again', (device, errorName, remedy) => {
  const error = new DeviceError('libraryTooOld', 'It lacks bmrt_create.');
  expect(pilotErrorOf(error, { device, path: '' })).toMatchObject({
    errorName,
    message: expect.stringContaining('It lacks bmrt_create.') as string,
    data: { remedy: expect.stringMatching(remedy) as string },
  });
});
