/** The real compiler and emulator in containers, which a stand-in for Docker makes of namespaces. */
import { mkdir, readdir, realpath, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { convert } from '../../backend/conversion/convert.ts';
import { defaultConversionEdges } from '../../backend/jobs/convertJob.ts';
import { ModelStore } from '../../backend/models/store.ts';
import { ConvertParams } from '../../backend/protocol/conversion.ts';
import { VerifyParams } from '../../backend/protocol/verification.ts';
import { predictCompiled } from '../../backend/timeModel/predictCompiled.ts';
import { findToolchain } from '../../backend/toolchain/find.ts';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { verifyModel } from '../../backend/verification/verify.ts';
import { findTestDevice } from '../support/verifyDevice.ts';
import { describeCompiler, linkToolchain, toolchainHome } from '../support/linkToolchain.ts';
import { placeProgram } from '../support/placeProgram.ts';
import { run } from '../support/run.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { makeTinyModel } from '../support/tinyModel.ts';

const MINUTES = 60_000;
const fakeDocker = path.join(import.meta.dirname, '../support/fakeDocker.mjs');

/** A home whose toolchain was installed with an image, and a Docker that has it. */
async function setUp() {
  const folder = await temporaryFolder();
  const home = await linkToolchain(path.join(folder, 'home, of mine'), { docker: 'org/image:1' });
  const python = await realpath(toolchainLayout(toolchainHome).python);
  const containers = path.join(folder, 'containers');
  const image = [toolchainHome, path.dirname(path.dirname(python))];
  const start = `import(${JSON.stringify(fakeDocker)}).then(({ main }) => main(${JSON.stringify(containers)}, ${JSON.stringify(image)}));`;
  await placeProgram(path.join(folder, 'bin', 'docker'), start);
  const env = { ...process.env, PATH: `${path.join(folder, 'bin')}:${process.env['PATH'] ?? ''}` };
  // As in Hugging Face's cache: a folder of links.
  const [blobs, source] = [path.join(folder, 'blobs'), path.join(folder, 'tiny')];
  await makeTinyModel(blobs, { layers: 1 });
  await mkdir(source);
  for (const name of await readdir(blobs)) {
    await symlink(path.join(blobs, name), path.join(source, name));
  }
  const log: string[] = [];
  const listener = {
    onProgress: () => undefined,
    onNotice: () => undefined,
    log: (line: string): void => void log.push(line),
  };
  return { home, store: new ModelStore(home), source, env, containers, listener, log };
}

describeCompiler('the compiler in a container', () => {
  it(
    'converts a model to f16 that another container verifies',
    async () => {
      const { store, source, env, containers, listener } = await setUp();
      const { signal } = new AbortController();
      const asked = ConvertParams.parse({
        source,
        options: {
          quantization: 'f16',
          sequenceLength: 64,
          hasPrefixReuse: false,
          head: 'token',
        },
      });
      const model = await convert(store, asked, listener, signal, defaultConversionEdges(env));
      const report = await verifyModel(
        store,
        VerifyParams.parse({ model: model.id, layers: [0] }),
        listener,
        signal,
        { env, now: () => new Date(), findToolchain, findDevice: findTestDevice },
      );
      expect(report).toMatchObject({ passed: true });
      expect(await readdir(containers)).toEqual([]);
    },
    5 * MINUTES,
  );

  it(
    'gives the schedule that a prediction is made of',
    async () => {
      const { home, source, env, listener } = await setUp();
      const { signal } = new AbortController();
      const control = { ...listener, signal };
      const options = { sequenceLength: 64, hasPrefixReuse: false };
      const prediction = await predictCompiled(home, source, options, control, { env });
      expect(prediction.compiler).toBe('tpu-mlir 1.30.2');
    },
    5 * MINUTES,
  );

  it(
    'ends with its container when it is cancelled',
    async () => {
      const { home, store, source, env, containers, listener, log } = await setUp();
      const cancel = new AbortController();
      const params = ConvertParams.parse({ source, options: { sequenceLength: 64 } });
      const seen: string[][] = [];
      const running = convert(
        store,
        params,
        {
          ...listener,
          log: (line) => {
            log.push(line);
            if (!line.includes('[Running]') || cancel.signal.aborted) return;
            seen.push([]);
            cancel.abort();
          },
        },
        cancel.signal,
        defaultConversionEdges(env),
      );
      await expect(running).rejects.toMatchObject({ errorName: 'cancelled' });
      expect(seen).toHaveLength(1);
      expect(await readdir(containers)).toEqual([]);
      // Whoever has the work folder open or named is part of it.
      const all = await run('ps', ['-eo', 'args'], { timeoutMs: MINUTES });
      const left = all.split('\n').filter((line) => line.includes(path.join(home, 'conversions')));
      expect(left).toEqual([]);
    },
    5 * MINUTES,
  );
});
