import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { knownCosts } from '../../../../backend/devices/bm1684x/knownCosts.ts';
import type { Prediction } from '../../../../backend/protocol/prediction.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tpu-pilot-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const prompt = (promptTokens: number, expected: number): Prediction['firstToken'][number] => ({
  promptTokens,
  clockMHz: 1000,
  milliseconds: { low: expected / 2, expected, high: 2 * expected },
  method: 'compiled',
});

it.each([
  ['the longest prompt', [prompt(128, 400), prompt(512, 768), prompt(256, 450)], 1.5],
  ['no prompt', [], undefined],
])('takes the cost of prefill from %s', async (_, firstToken, prefillMsPerToken) => {
  const manifest = { format: 'bmodel', conversion: { prediction: { firstToken } } };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  const copies = { copyBytesPerMs: 3.2e6 };
  expect(await knownCosts(folder)).toEqual(
    prefillMsPerToken === undefined ? copies : { ...copies, prefillMsPerToken },
  );
});

it.each([
  ['none', undefined],
  ['one of a model that was not converted', '{"format":"bmodel"}'],
  ['one that is no JSON', '{'],
  [
    'one without sense',
    '{"conversion":{"prediction":{"firstToken":[{"promptTokens":0,"milliseconds":{"expected":1}}]}}}',
  ],
])('does without a manifest: %s', async (_, text) => {
  const file = join(folder, 'manifest.json');
  await rm(file, { force: true });
  if (text !== undefined) await writeFile(file, text);
  expect(await knownCosts(folder)).toEqual({ copyBytesPerMs: 3.2e6 });
});
