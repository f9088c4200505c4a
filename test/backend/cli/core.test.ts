/** `status`, `stop`, `token` and `device` against a backend in this process, and without one. */
import { describe, expect, it } from 'vitest';
import { TokenStore } from '../../../backend/security/tokens.ts';
import { BackendStatus } from '../../../backend/protocol/backend.ts';
import { runCore } from '../../support/commandLine.ts';
import { startBackend } from '../../support/startBackend.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

describe('status', () => {
  it('fails when no backend runs, and says how to start one', async () => {
    const home = await temporaryFolder();
    expect(await runCore(home, 'status')).toStrictEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^tpu-pilot: No backend runs.*\nStart one with .*serve/,
      ) as unknown,
    });
    const { code, stderr } = await runCore(home, 'status', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 1018, name: 'notRunning' } });
  });

  it('describes a backend that runs', async () => {
    const { home } = await startBackend({ config: { models: ['nobody'] } });
    const { code, stdout, stderr } = await runCore(home, 'status');
    expect([code, stderr]).toStrictEqual([0, '']);
    expect(stdout).toMatch(/State: +degraded\n/);
    expect(stdout).toMatch(/Problem: There is no model named nobody\./);
    const json = await runCore(home, 'status', '--json');
    expect(BackendStatus.parse(JSON.parse(json.stdout)).state).toBe('degraded');
  });
});

describe('stop', () => {
  it('is content when none runs', async () => {
    const home = await temporaryFolder();
    expect(await runCore(home, 'stop')).toMatchObject({
      code: 0,
      stdout: 'No backend was running.\n',
    });
    expect((await runCore(home, 'stop', '--json')).stdout).toBe('{"stopped":null}\n');
  });
});

describe('device', () => {
  it.each([['device'], ['device', 'info']])('%s %s describes the devices', async (...args) => {
    const { home, engine } = await startBackend();
    engine.devices = async () =>
      Promise.resolve([
        {
          id: 'tpu0',
          kind: 'bm1684x',
          name: 'BM1684X',
          state: 'ready',
          restarts: 2,
          models: [],
          telemetry: { chipTemperatureC: 61.4, utilization: 0.25 },
        },
      ]);
    const { code, stdout } = await runCore(home, ...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Device tpu0: BM1684X\n/);
    expect(stdout).toMatch(/Chip: +61 °C\n/);
    expect(stdout).toMatch(/Load: +25 %/);
    // What the device does not give is not shown as 0.
    expect(stdout).not.toMatch(/Power|Fan|Board/);
  });
});

describe.each([
  ['with a backend', async () => (await startBackend()).home],
  ['without a backend', temporaryFolder],
])('token %s', (_, home) => {
  it('makes, lists and revokes', async () => {
    const folder = await home();
    const made = await runCore(folder, 'token', 'create', 'guest', '--role', 'admin');
    expect(made).toMatchObject({ code: 0, stderr: expect.stringMatching(/only time/) as unknown });
    expect(made.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    const store = await TokenStore.open(folder);
    expect(store.authenticate(`Bearer ${made.stdout.trim()}`)?.role).toBe('admin');

    expect((await runCore(folder, 'token', 'list')).stdout).toMatch(/^guest {2}admin {2}\d{4}-/);
    const again = await runCore(folder, 'token', 'create', 'guest');
    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/named guest already/) as unknown,
    });

    expect((await runCore(folder, 'token', 'revoke', 'guest')).code).toBe(0);
    expect((await runCore(folder, 'token', 'revoke', 'guest')).code).toBe(1);
    expect((await runCore(folder, 'token', 'list', '--json')).stdout).toBe('{"tokens":[]}\n');
  });
});

describe('wrong usage', () => {
  it.each([
    [['nonsense'], /unknown command/],
    [['status', '--nonsense'], /unknown option/],
    [['status', 'nonsense'], /too many arguments/],
    [['token', 'create'], /missing required argument/],
    [['token', 'create', 'a b'], /letters, digits/],
    [['token', 'create', 'a', '--role', 'king'], /user, admin/],
  ])('%j', async (args, message) => {
    const result = await runCore(await temporaryFolder(), ...args);
    expect(result).toStrictEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(message) as unknown,
    });
  });
});

describe('help', () => {
  it.each([[['--help']], [['status', '--help']], [['token', 'create', '--help']]])(
    '%j goes to stdout',
    async (args) => {
      const { code, stdout, stderr } = await runCore(await temporaryFolder(), ...args);
      expect([code, stderr]).toStrictEqual([0, '']);
      expect(stdout).toMatch(/^Usage: tpu-pilot/);
    },
  );
});
