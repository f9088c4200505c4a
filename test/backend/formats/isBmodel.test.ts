import { gunzipSync } from 'node:zlib';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isBmodel } from '../../../backend/formats/isBmodel.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

it('knows a bmodel by its first bytes, and a folder by what it holds', async () => {
  const folder = await temporaryFolder();
  const support = path.join(import.meta.dirname, '../../support');
  const bytes = gunzipSync(await readFile(path.join(support, 'tinyQwen3.bmodel.gz')));
  const file = path.join(folder, 'model.bin');
  await writeFile(file, bytes);
  expect(await isBmodel(file)).toBe(true);
  expect(await isBmodel(folder)).toBe(false);
  await writeFile(path.join(folder, 'a.bmodel'), '');
  expect(await isBmodel(folder)).toBe(true);
  for (const text of ['', 'GG', 'GGUF and more']) {
    await writeFile(file, text);
    expect(await isBmodel(file)).toBe(false);
  }
  await mkdir(path.join(folder, 'empty'));
  expect(await isBmodel(path.join(folder, 'empty'))).toBe(false);
  await expect(isBmodel(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});
