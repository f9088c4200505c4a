import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contextDefaults, modelDefaults } from '../../../backend/devices/llamaDefaults.ts';
import { findLlamaFolder, libraryFile, verify } from '../../../backend/devices/llamaLibrary.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llama-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('findLlamaFolder', () => {
  const nowhere = '/nowhere/llama';
  it('prefers the setting, then the folder beside the bundle, then the package', () => {
    const places = { setting: folder, beside: tmpdir(), packaged: '/' };
    expect(findLlamaFolder(places)).toBe(folder);
    expect(findLlamaFolder({ ...places, setting: undefined })).toBe(tmpdir());
    expect(findLlamaFolder({ ...places, setting: '', beside: nowhere })).toBe('/');
  });

  it('looks nowhere else when the setting is wrong', () => {
    expect(() =>
      findLlamaFolder({ setting: nowhere, beside: folder, packaged: undefined }),
    ).toThrow(/TPU_PILOT_LLAMA_DIR names \/nowhere\/llama, which does not exist/);
  });

  it('says what to do when there is none', () => {
    expect(() =>
      findLlamaFolder({ setting: undefined, beside: nowhere, packaged: undefined }),
    ).toThrow(/there is no libllama for .*Install the packages again with "npm ci"/);
  });
});

describe('libraryFile', () => {
  it.each(['libllama.v0.5.0.so', 'libllama.v0.5.0.dylib', 'llama.v0.5.0.dll'])(
    'finds %s',
    async (name) => {
      await writeFile(join(folder, name), '');
      await writeFile(join(folder, 'libllama.v0.6.0.so'), '');
      expect(libraryFile(folder, 'llama')).toBe(join(folder, name));
    },
  );

  it('names the versions that it finds instead', async () => {
    await writeFile(join(folder, 'libllama.v0.6.0.so'), '');
    expect(() => libraryFile(folder, 'llama')).toThrow(/has libllama 0\.6\.0, not 0\.5\.0/);
    expect(() => libraryFile(folder, 'ggml')).toThrow(/has no libggml/);
  });
});

describe('verify', () => {
  const api = {
    version: () => '0.5.0-dev',
    model_default_params: () => modelDefaults,
    context_default_params: () => contextDefaults,
  };

  it('accepts the version it is made for', () => {
    expect(verify(api)).toBe('0.5.0-dev');
  });

  it.each([
    ['another version', { version: () => '0.5.1' }, /of version 0\.5\.1, not 0\.5\.0/],
    [
      'another default of a model',
      { model_default_params: () => ({ ...modelDefaults, n_gpu_layers: 0 }) },
      /other default parameters/,
    ],
    [
      'another default of a context',
      { context_default_params: () => ({ ...contextDefaults, n_ctx: 2048 }) },
      /other default parameters/,
    ],
  ])('refuses %s', (_, change, reason) => {
    expect(() => verify({ ...api, ...change })).toThrow(reason);
    expect(() => verify({ ...api, ...change })).toThrow(
      expect.objectContaining({ name: 'DeviceError', code: 'lost' }),
    );
  });
});
