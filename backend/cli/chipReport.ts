/** The chips of this machine as `device info` shows them: what they are, measure, and lack. */
import { readChips } from '../card/chips.ts';
import { judgeChip, worstOf, type Finding, type Level } from '../card/judge.ts';
import { readTelemetry } from '../card/telemetry.ts';
import { findUsers } from '../card/users.ts';
import { installedVersion } from '../card/versions.ts';
import type { ChipInfo, DeviceInfo, Telemetry } from '../protocol/devices.ts';
import { factLines, type Fact } from './facts.ts';
import { columns } from './columns.ts';
import { formatBytes } from './units.ts';

export interface ChipReport extends ChipInfo {
  /** Id of the backend's device that drives it. */
  readonly device?: string;
  readonly libraryVersion?: string;
  readonly telemetry: Telemetry;
  readonly level: Level;
  readonly findings: readonly Finding[];
}

/**
 * @param devices of the running backend: what it measures through the library comes on top
 * @param root stands for `/`
 */
export async function reportChips(
  devices: readonly DeviceInfo[],
  root: string,
): Promise<ChipReport[]> {
  const installed = await installedVersion(root);
  const allUsers = await findUsers(root);
  const own = devices.flatMap(({ pid }) => pid ?? []);
  return Promise.all(
    (await readChips(root)).map(async (chip): Promise<ChipReport> => {
      const device = devices.find((one) => one.chip?.chip === chip.chip);
      // A backend may have other libraries than those that are installed.
      const libraryVersion = device === undefined ? installed : device.libraryVersion;
      const telemetry = { ...(await readTelemetry(chip, root)), ...device?.telemetry };
      const users = (allUsers.get(chip.node) ?? []).filter(({ pid }) => !own.includes(pid));
      const findings = judgeChip({ chip, telemetry, libraryVersion, users });
      return {
        ...chip,
        ...(device && { device: device.id }),
        ...(libraryVersion !== undefined && { libraryVersion }),
        telemetry,
        level: worstOf(findings),
        findings,
      };
    }),
  );
}

/** What it is, then each check with what to do on the line below it. */
export function describeChip(chip: ChipReport): string {
  const { telemetry } = chip;
  const facts: Fact[] = [
    ['Board', [chip.board, chip.serial && `serial ${chip.serial}`].filter(Boolean).join(', ')],
    ['PCIe', chip.busAddress],
    ['Firmware', chip.firmwareVersion],
    ['Served as', chip.device],
    ['Power', watts(telemetry.powerW)],
    ['Board power', boardPower(chip)],
    ['Fan', telemetry.fanRpm === undefined ? undefined : `${telemetry.fanRpm} rpm`],
    ['Load', load(telemetry)],
    ...heapFacts(chip),
  ];
  const checks = columns(chip.findings.map(({ level, check, found }) => [level, check, found]));
  const lines = checks.split('\n').flatMap((line, index) => {
    const advice = chip.findings[index]?.advice;
    return advice === undefined ? [line] : [line, `  ${advice}`];
  });
  return [
    `Chip ${chip.chip}${place(chip)}: ${chip.level}`,
    ...[...factLines(facts, 14), ...lines].map((line) => `  ${line}`),
  ].join('\n');
}

function place({ card, chipOnCard, chipsOnCard }: ChipInfo): string {
  if (card === undefined || chipOnCard === undefined) return '';
  const many = chipsOnCard === undefined || chipsOnCard < 2;
  return many ? ` (card ${card})` : ` (card ${card}, ${chipOnCard + 1} of ${chipsOnCard})`;
}

/** With what is used where that is known. */
function heapFacts({ heaps = [], telemetry }: ChipReport): Fact[] {
  if (telemetry.heaps !== undefined) {
    return telemetry.heaps.map(({ name, usedBytes, totalBytes }): Fact => [
      'Memory',
      `${name}: ${formatBytes(usedBytes)} of ${formatBytes(totalBytes)} used`,
    ]);
  }
  return heaps.map(({ name, totalBytes }): Fact => [
    'Memory',
    `${name}: ${formatBytes(totalBytes)}`,
  ]);
}

function watts(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value.toFixed(0)} W`;
}

function boardPower({ maxBoardPowerW, telemetry: { boardPowerW } }: ChipReport): Fact[1] {
  if (boardPowerW === undefined) return undefined;
  const most = maxBoardPowerW === undefined ? '' : ` of ${maxBoardPowerW} W`;
  return `${boardPowerW.toFixed(0)} W${most}`;
}

function load({ utilization }: Telemetry): Fact[1] {
  return utilization === undefined ? undefined : `${(utilization * 100).toFixed(0)} %`;
}
