import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectModel } from '../../../backend/models/inspect.ts';
import { safetensorsModel } from '../../support/safetensorsFile.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function inspect(files: Record<string, Buffer | string>): Promise<unknown> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(folder, name), content);
  }
  return inspectModel(folder, Object.keys(files));
}

describe('a safetensors model', () => {
  it('is described by its JSON files and its tensors', async () => {
    expect(await inspect(safetensorsModel())).toEqual({
      format: 'safetensors',
      architecture: 'qwen2',
      quantization: 'bfloat16',
      parameters: 12,
      contextLength: 32768,
      hasChatTemplate: true,
      hasFillIn: true,
    });
  });

  const whole = safetensorsModel();
  const weights = whole['model.safetensors'];
  it.each<[string, Record<string, Buffer | string>, string]>([
    ['no config.json', { 'config.json': '' }, 'config.json is not JSON'],
    ['a config without a type', { 'config.json': '{}' }, 'config.json: '],
    ['weights cut short', { 'model.safetensors': weights.subarray(0, -1) }, 'lacks 1 bytes'],
    ['a header cut short', { 'model.safetensors': weights.subarray(0, 20) }, 'cut short'],
    ['a header that is none', { 'model.safetensors': Buffer.alloc(64, 0xff) }, 'too large'],
    [
      'a shard that is missing',
      { 'model.safetensors.index.json': '{"weight_map":{"a":"model-00002-of-00002.safetensors"}}' },
      'model-00002-of-00002.safetensors is missing',
    ],
  ])('is refused with %s', async (_, change, reason) => {
    await expect(inspect({ ...whole, ...change })).rejects.toMatchObject({
      errorName: 'modelInvalid',
      message: expect.stringContaining(reason) as string,
    });
  });
});
