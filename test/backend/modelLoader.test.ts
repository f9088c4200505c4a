import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ModelLoader } from '../../backend/modelLoader.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import type { ModelInfo } from '../../backend/protocol/models.ts';

const stored: ModelInfo = {
  id: 'small',
  aliases: ['default'],
  format: 'gguf',
  path: '/models/small.gguf',
  source: 's',
  files: [],
  addedAt: '',
  hasChatTemplate: true,
  hasFillIn: false,
  loaded: false,
};

function loaderWith(models: readonly ModelInfo[], broken: readonly string[] = []) {
  const loads: { id: string; path: string }[] = [];
  const lines: string[] = [];
  const brokenPaths = new Set(broken);
  const loader = new ModelLoader({
    engine: {
      load: async ({ id, path }) => {
        await Promise.resolve();
        if (brokenPaths.has(path))
          throw new PilotError('modelInvalid', { file: path, reason: 'x' });
        loads.push({ id, path });
      },
    },
    models: {
      get: async (name) => {
        await Promise.resolve();
        const found = models.find(({ id, aliases }) => id === name || aliases.includes(name));
        if (!found) throw new PilotError('modelNotFound', { model: name });
        return found;
      },
    },
    check: () => Promise.resolve(),
    logger: pino({ level: 'error' }, { write: (line: string) => lines.push(line) }),
    onLoaded: () => undefined,
  });
  return { loader, loads, brokenPaths, lines };
}

describe('ModelLoader', () => {
  it('loads the default when none is named', async () => {
    const { loader, loads } = loaderWith([stored]);
    await loader.loadAll([]);
    expect(loads).toStrictEqual([{ id: 'small', path: stored.path }]);
    expect(loader.problems).toStrictEqual([]);
  });

  it('finds nothing wrong with having no default', async () => {
    const { loader, loads } = loaderWith([]);
    await loader.loadAll([]);
    expect([loads, loader.problems]).toStrictEqual([[], []]);
  });

  it('loads a file that is not in the store', async () => {
    const { loader, loads } = loaderWith([]);
    await loader.loadAll(['/files/My Model.gguf']);
    expect(loads).toMatchObject([{ path: '/files/My Model.gguf' }]);
    expect(loads[0]?.id).toMatch(/^[a-z0-9._-]+$/);
  });

  it('gives each path an id of its own, by which and by the path it is asked for', async () => {
    const { loader, loads } = loaderWith([stored]);
    expect(await loader.load('/a/Qwen2.5-0.5B')).toBe('qwen2.5-0.5b');
    expect(await loader.load('/b/qwen2.5-0.5b.bmodel')).toBe('qwen2.5-0.5b-2');
    expect(await loader.load('/a/Qwen2.5-0.5B')).toBe('qwen2.5-0.5b');
    expect(await loader.load('/c/small.gguf')).toBe('small-2');
    expect(await loader.load('default')).toBe('small');
    expect(loads.map(({ path }) => path)).toEqual([
      '/a/Qwen2.5-0.5B',
      '/b/qwen2.5-0.5b.bmodel',
      '/a/Qwen2.5-0.5B',
      '/c/small.gguf',
      stored.path,
    ]);
  });

  it('goes on after a model that fails, and says why until it is loaded', async () => {
    const { loader, loads, brokenPaths, lines } = loaderWith([stored], [stored.path]);
    await loader.loadAll(['nobody', 'default', '/files/other.gguf']);
    expect(loads).toMatchObject([{ path: '/files/other.gguf' }]);
    expect(loader.problems).toStrictEqual([
      expect.stringMatching(/no model named nobody/),
      expect.stringMatching(/small\.gguf is not a usable model: x.*Get it again/),
    ]);
    // What to do, and nothing of where it was thrown.
    expect(lines).toEqual([
      expect.stringMatching(/no model named nobody.*model list/),
      expect.stringMatching(/small\.gguf is not a usable model: x.*Get it again/),
    ]);
    expect(lines.join('')).not.toContain('stack');
    brokenPaths.clear();
    await loader.load('small');
    expect(loader.problems).toHaveLength(1);
  });
});
