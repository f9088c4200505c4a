/**
 * What is good and what is not about a chip, and what to do about it: pure. Limits: PCIe 3.0 x4 for
 * each chip and libsophon 0.5.1 are what the BM1684X's models are built for; chips throttle
 * themselves from 85 °C on (libsophon driver/bm_boot_info.c), and 65 °C is what good cooling keeps.
 */
import type { ChipInfo, Telemetry } from '../protocol/devices.ts';
import type { ChipUser } from './users.ts';
import { compareVersions } from './versions.ts';

export type Level = 'ok' | 'warning' | 'fault';

export type Check =
  | 'chip'
  | 'node'
  | 'state'
  | 'users'
  | 'driver'
  | 'library'
  | 'link'
  | 'memory'
  | 'ECC'
  | 'chip temperature'
  | 'board temperature'
  | 'clock';

export interface Finding {
  readonly check: Check;
  readonly level: Level;
  /** What was found, without a full stop. */
  readonly found: string;
  /** What to do, in sentences; absent when all is well. */
  readonly advice?: string;
}

export interface ChipFacts {
  readonly chip: ChipInfo;
  readonly telemetry: Telemetry;
  /** Of libsophon's libraries. */
  readonly libraryVersion?: string | undefined;
  /** Processes that have it open, but for the backend's own. */
  readonly users?: readonly ChipUser[];
}

const BM1684X = '0x1684x';
const LEAST_VERSION = '0.5.1';
const FULL_LINK = { generation: 3, lanes: 4, gbits: 4 * 7.88 } as const;
/** Usable Gbit/s of a lane by generation: PCIe 1 and 2 send 10 bits for 8, later ones 130 for 128. */
const LANE_GBITS = [2, 4, 7.88, 15.75, 31.5, 63] as const;
const WARM_C = 65;
const HOT_C = 85;
const FULL_MEMORY = 16 * 2 ** 30;

/** Of what is known, in the order in which it is worth reading; nothing about what is not known. */
export function judgeChip(facts: ChipFacts): Finding[] {
  const { chip, telemetry } = facts;
  return [
    judgeKind(chip),
    judgeNode(chip),
    judgeState(chip, telemetry),
    judgeUsers(facts),
    judgeDriver(chip),
    judgeLibrary(facts),
    judgeLink(chip),
    judgeMemory(chip),
    judgeEcc(telemetry),
    judgeTemperature('chip temperature', telemetry.chipTemperatureC),
    judgeTemperature('board temperature', telemetry.boardTemperatureC),
    judgeClock(chip, telemetry),
  ].filter((finding) => finding !== undefined);
}

/** `ok` when nothing was found. */
export function worstOf(findings: readonly Finding[]): Level {
  const levels = findings.map(({ level }) => level);
  if (levels.includes('fault')) return 'fault';
  return levels.includes('warning') ? 'warning' : 'ok';
}

function judgeKind({ chipId }: ChipInfo): Finding | undefined {
  if (chipId === undefined) return undefined;
  if (chipId.toLowerCase() === BM1684X) return { check: 'chip', level: 'ok', found: 'BM1684X' };
  return {
    check: 'chip',
    level: 'fault',
    found: `chip ${chipId}, not a BM1684X`,
    advice: 'Use a card with the BM1684X: models for it do not run on other chips.',
  };
}

function judgeNode({ node, access }: ChipInfo): Finding {
  switch (access) {
    case 'allowed':
      return { check: 'node', level: 'ok', found: node };
    case 'missing':
      return {
        check: 'node',
        level: 'fault',
        found: `there is no ${node}`,
        advice:
          'Load the driver with "sudo modprobe bmsophon"; in a container, pass the node in with --device.',
      };
    case 'denied':
      return {
        check: 'node',
        level: 'fault',
        found: `this user may not open ${node}`,
        advice: `Add the user to the group of the node ("stat ${node}") with "sudo usermod -aG GROUP USER" and log in again, or give the node a group by a udev rule.`,
      };
    default:
      return access satisfies never;
  }
}

function judgeState({ chip }: ChipInfo, { hasFault }: Telemetry): Finding | undefined {
  if (hasFault === undefined) return undefined;
  if (!hasFault) return { check: 'state', level: 'ok', found: 'active' };
  return {
    check: 'state',
    level: 'fault',
    found: 'the driver reports a fault',
    advice: `Run "bm-smi --recovery --dev=${chip}", which may reboot the machine, or reboot it.`,
  };
}

/** That nobody is seen does not mean that nobody is there. */
function judgeUsers({ users = [] }: ChipFacts): Finding | undefined {
  if (users.length === 0) return undefined;
  const names = users.map(({ pid, name }) => (name === undefined ? `${pid}` : `${pid} (${name})`));
  return {
    check: 'users',
    level: 'warning',
    found: `in use by process ${names.join(', ')}`,
    advice: 'End it before this chip is served: programs that share a chip can crash each other.',
  };
}

function judgeDriver({ driverVersion, driverDate }: ChipInfo): Finding | undefined {
  if (driverVersion === undefined) return undefined;
  const found = driverDate === undefined ? driverVersion : `${driverVersion} of ${driverDate}`;
  if (compareVersions(driverVersion, LEAST_VERSION) >= 0)
    return { check: 'driver', level: 'ok', found };
  return {
    check: 'driver',
    level: 'fault',
    found: `${found}, older than ${LEAST_VERSION}`,
    advice: `Install libsophon ${LEAST_VERSION} or newer, and load its driver.`,
  };
}

function judgeLibrary({ chip, libraryVersion }: ChipFacts): Finding | undefined {
  if (libraryVersion === undefined) return undefined;
  const { driverVersion } = chip;
  if (compareVersions(libraryVersion, LEAST_VERSION) < 0) {
    return {
      check: 'library',
      level: 'fault',
      found: `${libraryVersion}, older than ${LEAST_VERSION}`,
      advice: `Install libsophon ${LEAST_VERSION} or newer.`,
    };
  }
  if (driverVersion !== undefined && compareVersions(libraryVersion, driverVersion) !== 0) {
    return {
      check: 'library',
      level: 'warning',
      found: `${libraryVersion}, but the driver is ${driverVersion}`,
      advice: 'Install driver and libraries of one version: mixed ones can answer with nonsense.',
    };
  }
  return { check: 'library', level: 'ok', found: libraryVersion };
}

function judgeLink({ linkGeneration, linkLanes }: ChipInfo): Finding | undefined {
  if (linkGeneration === undefined || linkLanes === undefined) return undefined;
  const rate = LANE_GBITS[linkGeneration - 1];
  // Of a chip that has left the bus, every bit reads as 1: gen15 x63.
  if (rate === undefined || linkLanes < 1 || linkLanes > 32) {
    return {
      check: 'link',
      level: 'fault',
      found: 'the chip does not answer on PCIe',
      advice: 'Switch the machine off, seat the card anew and check its power, then start again.',
    };
  }
  const found = `gen${linkGeneration} x${linkLanes}`;
  const share = (rate * linkLanes) / FULL_LINK.gbits;
  if (linkGeneration >= FULL_LINK.generation && linkLanes >= FULL_LINK.lanes) {
    return { check: 'link', level: 'ok', found };
  }
  return {
    check: 'link',
    level: 'warning',
    found: `${found}, ${Math.round(share * 100)} % of gen${FULL_LINK.generation} x${FULL_LINK.lanes}`,
    advice:
      'Use a slot with more lanes, seat the card anew, and look at the PCIe settings of the BIOS. Models load and conversations move more slowly.',
  };
}

function judgeMemory({ memoryBytes }: ChipInfo): Finding | undefined {
  if (memoryBytes === undefined) return undefined;
  const found = `${Math.round(memoryBytes / 2 ** 30)} GB`;
  if (memoryBytes >= FULL_MEMORY) return { check: 'memory', level: 'ok', found };
  return {
    check: 'memory',
    level: 'warning',
    found: `${found}, less than the 16 GB that a BM1684X can have`,
    advice: 'Look with "tpu-pilot predict" which models fit before getting one.',
  };
}

function judgeEcc({ eccErrors }: Telemetry): Finding | undefined {
  if (eccErrors === undefined) return undefined;
  if (eccErrors === 0) return { check: 'ECC', level: 'ok', found: 'no errors' };
  return {
    check: 'ECC',
    level: 'warning',
    found: `${eccErrors} corrected errors`,
    advice: 'Watch the number: if it grows, the memory of the card is failing.',
  };
}

function judgeTemperature(check: Check, degrees: number | undefined): Finding | undefined {
  if (degrees === undefined) return undefined;
  const found = `${Math.round(degrees)} °C`;
  if (degrees <= WARM_C) return { check, level: 'ok', found };
  if (degrees < HOT_C) {
    return {
      check,
      level: 'warning',
      found: `${found}, above ${WARM_C} °C`,
      advice: 'Give the card more air: leave the slot beside it free, and check the fans.',
    };
  }
  return {
    check,
    level: 'fault',
    found: `${found}: the chip slows itself down from ${HOT_C} °C on`,
    advice: 'Let it cool down before more work, and give the card more air: check the fans.',
  };
}

function judgeClock({ maxClockMhz }: ChipInfo, { clockMhz }: Telemetry): Finding | undefined {
  if (clockMhz === undefined) return undefined;
  if (maxClockMhz === undefined) return { check: 'clock', level: 'ok', found: `${clockMhz} MHz` };
  const found = `${clockMhz} of ${maxClockMhz} MHz`;
  if (clockMhz >= maxClockMhz) return { check: 'clock', level: 'ok', found };
  return {
    check: 'clock',
    level: 'warning',
    found,
    advice: 'Something holds it back, heat or a setting: see the temperature and "bm-smi".',
  };
}
