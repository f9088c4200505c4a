/** The `bm1684x` driver on the vendor's emulator, in this process. */
import { beforeAll } from 'vitest';
import { testDevice } from '../conformance/device.ts';
import { cardModel, smallestModel } from '../support/cardModel.ts';
import { openEmulator } from '../support/emulator.ts';
import { describeCompiler } from '../support/linkToolchain.ts';

describeCompiler('the emulator', () => {
  let folder = '';
  beforeAll(async () => {
    ({ folder } = await cardModel({
      model: smallestModel,
      convert: { options: { sequenceLength: 256, chunkLength: 128 } },
    }));
  });
  testDevice('bm1684x', { open: openEmulator, modelPath: () => folder, shortening: 4 });
});
