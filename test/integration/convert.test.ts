/**
 * Conversions with the real compiler: small random models become bmodels. Only where the compiler
 * is in the cache, see toolchain.test.ts.
 */
import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { convert } from '../../backend/conversion/convert.ts';
import { readBmodel } from '../../backend/formats/bmodel.ts';
import { defaultConversionEdges } from '../../backend/jobs/convertJob.ts';
import { ModelStore } from '../../backend/models/store.ts';
import { ConvertParams } from '../../backend/protocol/conversion.ts';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { cacheFolder } from '../support/cacheFolder.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { makeTinyModel, type TinyModelOptions } from '../support/tinyModel.ts';

const toolchainHome = path.join(cacheFolder(), 'toolchain-test-home');
const { python, state } = toolchainLayout(toolchainHome);
const isThere = existsSync(python) && existsSync(state);
const CONVERT_MS = 5 * 60_000;

async function setUp(model: TinyModelOptions = {}) {
  const folder = await temporaryFolder();
  const home = path.join(folder, 'home');
  const store = new ModelStore(home);
  const source = path.join(folder, 'tiny');
  await makeTinyModel(source, model);
  const log: string[] = [];
  const run = (options: object, out?: string) =>
    convert(
      store,
      ConvertParams.parse({ source, options, out }),
      {
        onProgress: ({ step, fraction }) => log.push(`${step} ${fraction}`),
        onNotice: (text) => log.push(text),
        log: (line) => log.push(line),
      },
      new AbortController().signal,
      defaultConversionEdges(process.env),
    );
  return { folder, home, store, source, log, run };
}

describe.skipIf(!isThere)('converting with the real compiler', () => {
  it(
    'makes a model of the store',
    async () => {
      const { home, run, log, store } = await setUp();
      const { mkdir } = await import('node:fs/promises');
      await mkdir(home, { recursive: true });
      await symlink(toolchainLayout(toolchainHome).root, path.join(home, 'toolchain'));
      try {
        const t = performance.now();
        const model = await run({ sequenceLength: 64, keepHigh: [1] });
        console.log(performance.now() - t, model);
        const bmodel = await readBmodel(path.join(model.path, 'model.bmodel'));
        expect(bmodel.nets.length).toBeGreaterThan(3);
        expect((await store.list()).length).toBe(1);
      } catch (e) {
        console.log(log.slice(-80).join('\n'));
        throw e;
      }
    },
    CONVERT_MS,
  );
});
