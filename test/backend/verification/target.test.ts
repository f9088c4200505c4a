import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelStore } from '../../../backend/models/store.ts';
import { checkIntegrity } from '../../../backend/verification/integrity.ts';
import { readReport, summarize, writeReport } from '../../../backend/verification/reportFile.ts';
import { findTarget } from '../../../backend/verification/target.ts';
import { buildBmodel } from '../../support/bmodelFile.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { makeVerificationReport } from '../../support/verificationReport.ts';

const never = new AbortController().signal;

async function makeFolder(bytes = buildBmodel()) {
  const home = await temporaryFolder();
  const folder = path.join(home, 'qwen');
  const file = path.join(folder, 'model.bmodel');
  await mkdir(folder);
  await writeFile(file, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const manifest = {
    manifestVersion: 1,
    id: 'qwen-w4',
    entry: 'model.bmodel',
    files: [{ name: 'model.bmodel', size: bytes.length, sha256 }],
    conversion: { source: { path: '/float' }, options: { quantization: 'w4bf16', keepHigh: [1] } },
  };
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  return { store: new ModelStore(home), folder, file };
}

describe('what is verified', () => {
  it('is a model folder, by what its manifest says, or its file', async () => {
    const { store, folder, file } = await makeFolder();
    const target = await findTarget(store, folder);
    expect(target).toMatchObject({
      ...{ name: 'qwen-w4', bmodel: file, source: '/float', quantization: 'w4bf16' },
      ...{ keepHigh: [1], reportFile: path.join(folder, 'verification.json') },
    });
    expect(await findTarget(store, file)).toStrictEqual(target);
  });

  it('is a bmodel without a manifest too', async () => {
    const { store, folder } = await makeFolder();
    const file = path.join(folder, 'other.bmodel');
    await writeFile(file, buildBmodel());
    expect(await findTarget(store, file)).toMatchObject({
      ...{ name: 'other.bmodel', source: undefined, file: undefined },
      reportFile: path.join(folder, 'other.verification.json'),
    });
  });

  it('is nothing that is not there', async () => {
    const { store, folder } = await makeFolder();
    await expect(findTarget(store, '/nowhere')).rejects.toThrow('there is no such file or folder');
    await expect(findTarget(store, 'nobody')).rejects.toThrow('no model named nobody');
    const empty = path.join(folder, 'empty');
    await mkdir(empty);
    await expect(findTarget(store, empty)).rejects.toThrow('it has no bmodel');
    await writeFile(path.join(empty, 'manifest.json'), '{');
    await expect(findTarget(store, empty)).rejects.toThrow('it is not JSON');
  });
});

describe('a bmodel, before it is run', () => {
  it('is as the compiler wrote it', async () => {
    const { store, folder } = await makeFolder();
    const model = await checkIntegrity(await findTarget(store, folder), never);
    expect(model.nets.map(({ name }) => name)).toStrictEqual(['block_0', 'block_cache_0']);
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1), 'bytes, and its manifest says'],
    ['with other weights', flip(3), 'the weights of net "block_0" are damaged'],
    ['with other bytes elsewhere', flip(9), 'its sha256 is not the one in its manifest'],
  ])('is refused %s', async (_name, damage, reason) => {
    const { store, folder, file } = await makeFolder();
    await writeFile(file, damage(await readFile(file)));
    const checking = checkIntegrity(await findTarget(store, folder), never);
    await expect(checking).rejects.toMatchObject({ errorName: 'modelDamaged' });
    await expect(checking).rejects.toThrow(file);
    await expect(checking).rejects.toThrow(reason);
  });

  it('is refused when it is for another chip', async () => {
    const { store, folder } = await makeFolder(buildBmodel({ chip: 'BM1688' }));
    const checking = checkIntegrity(await findTarget(store, folder), never);
    await expect(checking).rejects.toThrow('model.bmodel is built for the chip BM1688');
  });

  it('is not checked to the end when nobody waits for it', async () => {
    const { store, folder } = await makeFolder();
    const checking = checkIntegrity(await findTarget(store, folder), AbortSignal.abort());
    await expect(checking).rejects.toMatchObject({ errorName: 'cancelled' });
  });
});

/** Changes the first run of bytes that all have that value: bmodelFile.ts fills its parts so. */
function flip(value: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const at = bytes.indexOf(Buffer.alloc(30, value));
    expect(at).toBeGreaterThan(0);
    bytes[at + 10] = value ^ 0xff;
    return bytes;
  };
}

describe('the report', () => {
  it('is read as it was written, or said to be missing or damaged', async () => {
    const { store, folder } = await makeFolder();
    const target = await findTarget(store, folder);
    await expect(readReport(target)).rejects.toThrow('qwen-w4: there is no report');
    const report = makeVerificationReport();
    await writeReport(target.reportFile, report);
    expect(await readReport(target)).toStrictEqual(report);
    await summarize(store, path.join(folder, 'manifest.json'), report);
    const manifest = JSON.parse(
      await readFile(path.join(folder, 'manifest.json'), 'utf8'),
    ) as unknown;
    expect(manifest).toMatchObject({
      entry: 'model.bmodel',
      verification: { passed: false, on: 'emulator', threshold: 0.98, createdAt: report.createdAt },
    });
    await writeFile(target.reportFile, '{"reportVersion":2}');
    await expect(readReport(target)).rejects.toThrow('its report is damaged');
  });
});
