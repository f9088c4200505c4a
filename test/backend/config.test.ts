import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../backend/config.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

async function homeWith(config?: unknown): Promise<string> {
  const home = await temporaryFolder();
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  if (config !== undefined) await writeFile(path.join(home, 'config.json'), text);
  return home;
}

describe('loadConfig', () => {
  it('has defaults that are safe', async () => {
    expect(await loadConfig(await homeWith(), {}, {})).toMatchObject({
      listen: { host: '127.0.0.1', port: 0 },
      insecure: false,
      models: [],
      allowOrigins: [],
      allowHosts: [],
    });
  });

  it('lets flags win over the environment, and that over the file', async () => {
    const home = await homeWith({ device: 'auto', logLevel: 'warn', maxConnections: 5 });
    const env = { TPU_PILOT_LOG_LEVEL: 'error', TPU_PILOT_DEVICE: 'auto' };
    const flags = { device: 'cpu', models: undefined, maxConnections: undefined };
    expect(await loadConfig(home, flags, env)).toMatchObject({
      device: { kind: 'cpu' },
      logLevel: 'error',
      maxConnections: 5,
    });
  });

  it('reads models and address from the environment, as containers give them', async () => {
    const env = { TPU_PILOT_MODEL: 'a,b', TPU_PILOT_LISTEN: '[::]:8000' };
    expect(await loadConfig(await homeWith(), {}, env)).toMatchObject({
      models: ['a', 'b'],
      listen: { host: '::', port: 8000 },
    });
  });

  it.each([
    ['{', /config\.json is not a JSON object/],
    ['[]', /config\.json is not a JSON object/],
    [{ listen: 'nowhere' }, /listen: must be HOST:PORT/],
    [{ maxConnections: 0 }, /maxConnections/],
    [{ device: 'abacus' }, /device: "abacus" is none of auto, cpu, bm1684x/],
    [{ device: 'emulator:9' }, /device/],
    [{ unknownOption: 1 }, /unknownOption/],
    [{ tlsCert: 'a.pem' }, /together/],
  ])('says what is wrong with %j', async (config, message) => {
    await expect(loadConfig(await homeWith(config), {}, {})).rejects.toMatchObject({
      errorName: 'configInvalid',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('says which file cannot be read', async () => {
    const home = await temporaryFolder();
    await writeFile(path.join(home, 'x'), '');
    const { mkdir } = await import('node:fs/promises');
    await mkdir(path.join(home, 'config.json'));
    await expect(loadConfig(home, {}, {})).rejects.toMatchObject({ errorName: 'fileUnreadable' });
  });
});
