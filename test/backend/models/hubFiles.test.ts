import { describe, expect, it } from 'vitest';
import type { HubSource } from '../../../backend/models/source.ts';
import { chooseHubFiles, toRemoteFile } from '../../../backend/models/sources/hubFiles.ts';

function choose(paths: readonly string[], file?: string): string[] {
  const source: HubSource = { kind: 'hf', repo: 'a/b', ...(file === undefined ? {} : { file }) };
  return chooseHubFiles(
    source,
    paths.map((path) => ({ path })),
  ).map(({ path }) => path);
}

describe('chooseHubFiles', () => {
  it.each<[string, string[], string | undefined, string[]]>([
    ['Q4_K_M first', ['m-Q8_0.gguf', 'm-Q4_K_M.gguf', 'm-F16.gguf'], undefined, ['m-Q4_K_M.gguf']],
    ['in any case', ['m.q8_0.gguf', 'm.q4_k_m.gguf'], undefined, ['m.q4_k_m.gguf']],
    ['the next best', ['m-F16.gguf', 'm-Q8_0.gguf', 'm-Q5_K_M.gguf'], undefined, ['m-Q5_K_M.gguf']],
    ['the only one', ['README.md', 'strange.gguf'], undefined, ['strange.gguf']],
    ['no projector', ['mmproj-Q4_K_M.gguf', 'm-Q8_0.gguf'], undefined, ['m-Q8_0.gguf']],
    ['no importance matrix', ['m.imatrix.gguf', 'm-Q8_0.gguf'], undefined, ['m-Q8_0.gguf']],
    [
      'no part of several',
      ['m-Q4_K_M-00001-of-00002.gguf', 'm-Q2_K.gguf'],
      undefined,
      ['m-Q2_K.gguf'],
    ],
    ['the file that is named', ['m-Q4_K_M.gguf', 'm-F16.gguf'], 'm-F16.gguf', ['m-F16.gguf']],
    ['a file in a folder', ['dir/m.gguf', 'm.gguf'], 'dir/m.gguf', ['dir/m.gguf']],
    ['a quantization that is named', ['m-Q4_K_M.gguf', 'm-Q8_0.gguf'], 'q8_0', ['m-Q8_0.gguf']],
    [
      'a safetensors model without pickles, code and copies',
      [
        'config.json',
        'modeling_x.py',
        'pytorch_model.bin',
        'model.safetensors.index.json',
        'model-00001-of-00002.safetensors',
        'model-00002-of-00002.safetensors',
        'consolidated.safetensors',
        'onnx/model.onnx',
        'tokenizer.json',
      ],
      undefined,
      [
        'config.json',
        'model.safetensors.index.json',
        'tokenizer.json',
        'model-00001-of-00002.safetensors',
        'model-00002-of-00002.safetensors',
      ],
    ],
  ])('takes %s', (_, files, wanted, chosen) => {
    expect(choose(files, wanted)).toEqual(chosen);
  });

  it.each<[string, string[], string | undefined, string]>([
    ['nothing to load', ['README.md', 'pytorch_model.bin'], undefined, 'neither GGUF nor'],
    ['only parts', ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'], undefined, 'come in parts'],
    ['a part that is named', ['m-00001-of-00002.gguf'], 'm-00001-of-00002.gguf', 'one part of'],
    ['a file that is not there', ['m.gguf'], 'n.gguf', 'no GGUF file n.gguf'],
    ['a file that is no GGUF', ['m.gguf', 'm.bin'], 'm.bin', 'no GGUF file m.bin'],
    ['names that leave the folder', ['../m.gguf', '/m.gguf', 'a\\m.gguf'], undefined, 'neither'],
  ])('refuses %s', (_, files, wanted, reason) => {
    expect(() => choose(files, wanted)).toThrow(reason);
  });
});

describe('toRemoteFile', () => {
  const url = new URL('https://example.com');

  it('stores a file without the folders of its repository', () => {
    expect(toRemoteFile({ path: 'dir/m.gguf' }, url, {}).name).toBe('m.gguf');
  });

  it('compares with no sha256 that is none', () => {
    const sha256 = 'AB'.repeat(32);
    expect(toRemoteFile({ path: 'm', sha256 }, url, {}).sha256).toBe('ab'.repeat(32));
    expect(toRemoteFile({ path: 'm', sha256: '' }, url, {}).sha256).toBeUndefined();
  });
});
