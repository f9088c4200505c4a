/** Where verifications of tests decode: the built device host, with the compiler that tests share. */
import path from 'node:path';
import { answerDevice } from '../../backend/answerDevice.ts';
import { thisMachine } from '../../backend/deviceSpecs.ts';
import type { FindAnswerDevice } from '../../backend/verification/answers.ts';
import { toolchainHome } from './linkToolchain.ts';

export const findTestDevice: FindAnswerDevice = answerDevice({
  hostModule: path.join(import.meta.dirname, '../../dist/deviceHost.js'),
  machine: () => thisMachine(toolchainHome),
});
