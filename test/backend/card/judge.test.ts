import { describe, expect, it } from 'vitest';
import { judgeChip, worstOf, type Check, type Level } from '../../../backend/card/judge.ts';
import { compareVersions } from '../../../backend/card/versions.ts';
import type { ChipInfo, Telemetry } from '../../../backend/protocol/devices.ts';

const bare: ChipInfo = { chip: 2, mode: 'pcie', node: '/dev/bm-sophon2', access: 'allowed' };

const healthy: ChipInfo = {
  ...bare,
  chipId: '0x1684x',
  driverVersion: '0.5.1',
  driverDate: '20240717',
  linkGeneration: 3,
  linkLanes: 4,
  maxClockMhz: 950,
  memoryBytes: 16 * 2 ** 30,
};
const cool: Telemetry = {
  hasFault: false,
  chipTemperatureC: 52,
  boardTemperatureC: 40,
  clockMhz: 950,
  eccErrors: 0,
};

it('finds nothing wrong with a healthy chip', () => {
  const findings = judgeChip({ chip: healthy, telemetry: cool, libraryVersion: '0.5.1' });
  expect(findings).toEqual([
    { check: 'chip', level: 'ok', found: 'BM1684X' },
    { check: 'node', level: 'ok', found: '/dev/bm-sophon2' },
    { check: 'state', level: 'ok', found: 'active' },
    { check: 'driver', level: 'ok', found: '0.5.1 of 20240717' },
    { check: 'library', level: 'ok', found: '0.5.1' },
    { check: 'link', level: 'ok', found: 'gen3 x4' },
    { check: 'memory', level: 'ok', found: '16 GB' },
    { check: 'ECC', level: 'ok', found: 'no errors' },
    { check: 'chip temperature', level: 'ok', found: '52 °C' },
    { check: 'board temperature', level: 'ok', found: '40 °C' },
    { check: 'clock', level: 'ok', found: '950 of 950 MHz' },
  ]);
  expect(worstOf(findings)).toBe('ok');
});

it('says nothing about what is not known', () => {
  expect(judgeChip({ chip: bare, telemetry: {} }).map(({ check }) => check)).toEqual(['node']);
});

interface Case {
  readonly chip?: Partial<ChipInfo>;
  readonly telemetry?: Telemetry;
  readonly libraryVersion?: string;
}

it('names the processes that use the chip beside the backend', () => {
  const users = [{ pid: 40, name: 'bmrt_test' }, { pid: 50 }];
  const judged = judgeChip({ chip: healthy, telemetry: cool, users });
  expect(judged.filter(({ level }) => level !== 'ok')).toEqual([
    {
      check: 'users',
      level: 'warning',
      found: 'in use by process 40 (bmrt_test), 50',
      advice: expect.stringContaining('End it') as unknown,
    },
  ]);
});

describe('a finding', () => {
  it.each<[Case, Check, Level, RegExp, RegExp?]>([
    [{ chip: { chipId: '0x1684' } }, 'chip', 'fault', /0x1684, not/, /BM1684X/],
    [{ chip: { chipId: '0x1684X' } }, 'chip', 'ok', /BM1684X/],
    [{ chip: { access: 'missing' } }, 'node', 'fault', /no \/dev\/bm-sophon2/, /modprobe bmsophon/],
    [{ chip: { access: 'denied' } }, 'node', 'fault', /may not open/, /usermod -aG/],
    [{ telemetry: { hasFault: true } }, 'state', 'fault', /fault/, /bm-smi --recovery --dev=2"/],
    [{ chip: { driverVersion: '0.5.0' } }, 'driver', 'fault', /older than 0\.5\.1/, /Install/],
    [{ chip: { driverVersion: '0.4.9' } }, 'driver', 'fault', /0\.4\.9/, /Install/],
    [{ chip: { driverVersion: '0.5.10' } }, 'driver', 'ok', /0\.5\.10/],
    [{ libraryVersion: '0.5' }, 'library', 'fault', /older than 0\.5\.1/, /Install/],
    [{ libraryVersion: '0.6.0' }, 'library', 'warning', /but the driver is 0\.5\.1/, /one version/],
    [{ chip: { linkLanes: 16, linkGeneration: 4 } }, 'link', 'ok', /gen4 x16/],
    [{ chip: { linkLanes: 2 } }, 'link', 'warning', /gen3 x2, 50 % of gen3 x4/, /slot/],
    [{ chip: { linkGeneration: 1 } }, 'link', 'warning', /gen1 x4, 25 % of/, /BIOS/],
    [{ chip: { linkGeneration: 1, linkLanes: 16 } }, 'link', 'warning', /gen1 x16, 102 %/, /BIOS/],
    [{ chip: { linkGeneration: 15, linkLanes: 63 } }, 'link', 'fault', /does not answer/, /seat/],
    [{ chip: { linkGeneration: 0, linkLanes: 0 } }, 'link', 'fault', /does not answer/, /seat/],
    [{ chip: { memoryBytes: 8 * 2 ** 30 } }, 'memory', 'warning', /^8 GB/, /predict/],
    [{ telemetry: { eccErrors: 3 } }, 'ECC', 'warning', /^3 corrected/, /grows/],
    [{ telemetry: { chipTemperatureC: 65 } }, 'chip temperature', 'ok', /^65 °C$/],
    [{ telemetry: { chipTemperatureC: 66 } }, 'chip temperature', 'warning', /above 65/, /air/],
    [{ telemetry: { chipTemperatureC: 84 } }, 'chip temperature', 'warning', /above 65/, /air/],
    [{ telemetry: { chipTemperatureC: 85 } }, 'chip temperature', 'fault', /slows/, /cool down/],
    [{ telemetry: { boardTemperatureC: 70 } }, 'board temperature', 'warning', /^70/, /air/],
    [{ telemetry: { clockMhz: 475 } }, 'clock', 'warning', /475 of 950 MHz/, /heat/],
    [{ chip: { maxClockMhz: 900 } }, 'clock', 'ok', /950 of 900 MHz/],
  ])('%j: %s is %s', ({ chip, telemetry, libraryVersion }, check, level, found, advice) => {
    const findings = judgeChip({
      chip: { ...healthy, ...chip },
      telemetry: { ...cool, ...telemetry },
      libraryVersion: libraryVersion ?? healthy.driverVersion,
    });
    const finding = findings.find((one) => one.check === check);
    expect(finding?.level).toBe(level);
    expect(finding?.found).toMatch(found);
    if (advice === undefined) expect(finding).not.toHaveProperty('advice');
    else expect(finding?.advice).toMatch(advice);
    // One change, one finding; a driver that is not the library's is two.
    const others = findings.filter((one) => one.check !== check && one.check !== 'library');
    expect(worstOf(others)).toBe('ok');
  });
});

it.each([
  ['0.5.1', '0.5.1', 0],
  ['0.5.10', '0.5.9', 1],
  ['0.5', '0.5.0', 0],
  ['0.5.1', '1', -1],
  ['v0.5.1 LTS', '0.5.1', 0],
])('compares %s with %s', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
  expect(Math.sign(compareVersions(b, a))).toBe(-sign + 0);
});

it.each<[Level[], Level]>([
  [[], 'ok'],
  [['ok', 'warning', 'ok'], 'warning'],
  [['warning', 'fault', 'ok'], 'fault'],
])('the worst of %j is %s', (levels, worst) => {
  expect(worstOf(levels.map((level) => ({ check: 'node', level, found: '' })))).toBe(worst);
});
