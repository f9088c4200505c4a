/** Where verifications of tests decode: the built device host, with the compiler that tests share. */
import path from 'node:path';
import { verifyDevice } from '../../backend/verifyDevice.ts';
import { thisMachine } from '../../backend/deviceSpecs.ts';
import type { FindVerifyDevice } from '../../backend/verification/device.ts';
import { toolchainHome } from './linkToolchain.ts';

export const findTestDevice: FindVerifyDevice = verifyDevice({
  hostModule: path.join(import.meta.dirname, '../../dist/deviceHost.js'),
  machine: () => thisMachine(toolchainHome),
});
