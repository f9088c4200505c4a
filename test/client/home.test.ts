import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { homeFolder, homePaths } from '../../backend/client/home.ts';

describe('homeFolder', () => {
  it.each([
    ['/flag', { TPU_PILOT_HOME: '/env' }, '/flag'],
    [undefined, { TPU_PILOT_HOME: '/env' }, '/env'],
    ['', { TPU_PILOT_HOME: '/env' }, '/env'],
    ['relative', {}, path.resolve('relative')],
  ])('flag %s, environment %o: %s', (flag, env, expected) => {
    expect(homeFolder(flag, env)).toBe(expected);
  });

  it('is the data folder of the platform otherwise, never the root or the working folder', () => {
    for (const env of [{}, { TPU_PILOT_HOME: '' }]) {
      expect(homeFolder(undefined, env)).toMatch(/tpu-pilot/);
      expect(path.isAbsolute(homeFolder(undefined, env))).toBe(true);
    }
  });

  it('holds everything', () => {
    const { root, ...files } = homePaths('/home');
    for (const file of Object.values(files)) expect(path.relative(root, file)).not.toMatch(/^\.\./);
  });
});
