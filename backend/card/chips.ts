/**
 * The chips of this machine, from what the kernel driver shows of them: no library, no open device.
 * Formats: libsophon driver/bm_debug.c, `bmdrv_proc_file_init` and the `_proc_show` functions.
 */
import { access, constants, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ChipInfo } from '../protocol/devices.ts';
import { parseMeasure, readMeasure, readText, readWord } from './procFile.ts';

/** Where the driver shows the parts of a chip. */
export interface ChipFolders {
  /** Of the chip, and of its card: `/proc/bmsophon/card0/bmsophon0`. */
  readonly proc: string | undefined;
  readonly card: string | undefined;
  readonly sysfs: string;
}

/** In SoC mode the machine has one chip, and it has this number. */
const SOC_CHIP = 0;

/**
 * Numbers of the chips with a device node, in order: those that may be opened. The library aborts
 * the process when it is asked for any other.
 * @param root stands for `/`
 */
export async function listChips(root = '/'): Promise<number[]> {
  const chips = await numbered(path.join(root, 'dev'), 'bm-sophon');
  const soc = await numbered(path.join(root, 'dev'), 'bm-tpu');
  return ascending([...chips, ...soc.filter((chip) => chip === SOC_CHIP)]);
}

/** All chips that the driver knows, with a device node or without, in the order of their numbers. */
export async function readChips(root = '/'): Promise<ChipInfo[]> {
  const cards = await readCards(root);
  const known = ascending([
    ...(await listChips(root)),
    ...cards.flatMap(({ chips }) => chips),
    ...(await numbered(path.join(root, 'sys/class/bm-sophon'), 'bm-sophon')),
    ...(await numbered(path.join(root, 'sys/class/bm-tpu'), 'bm-tpu')),
  ]);
  return Promise.all(known.map(async (chip) => readChip(chip, root, cards)));
}

/** One chip; of a chip that nothing is known of, little more than its number. */
export async function readChip(
  chip: number,
  root = '/',
  cards?: readonly CardFolder[],
): Promise<ChipInfo> {
  const all = cards ?? (await readCards(root));
  const folders = foldersOf(chip, root, all);
  const soc = await isSoc(chip, root, folders);
  const node = `/dev/${soc ? 'bm-tpu' : 'bm-sophon'}${chip}`;
  const card = all.find(({ chips }) => chips.includes(chip));
  const facts = withoutUndefined({
    card: card?.card,
    chipOnCard: card?.chips.indexOf(chip),
    ...(await readCardFacts(folders.card)),
    ...(await readChipFacts(folders.proc)),
    ...(await readDriver(root)),
  });
  return {
    chip,
    mode: soc ? 'soc' : 'pcie',
    node,
    access: await accessTo(path.join(root, node)),
    ...facts,
  };
}

/** Where the driver shows that chip. */
export async function findFolders(chip: number, root: string): Promise<ChipFolders> {
  return foldersOf(chip, root, await readCards(root));
}

interface CardFolder {
  readonly card: number;
  readonly folder: string;
  /** Its chips, in order. */
  readonly chips: readonly number[];
}

async function readCards(root: string): Promise<CardFolder[]> {
  const proc = path.join(root, 'proc/bmsophon');
  return Promise.all(
    (await numbered(proc, 'card')).map(async (card) => {
      const folder = path.join(proc, `card${card}`);
      return { card, folder, chips: await numbered(folder, 'bmsophon') };
    }),
  );
}

function foldersOf(chip: number, root: string, cards: readonly CardFolder[]): ChipFolders {
  const folder = cards.find(({ chips }) => chips.includes(chip))?.folder;
  return {
    card: folder,
    proc: folder === undefined ? undefined : path.join(folder, `bmsophon${chip}`),
    sysfs: path.join(root, `sys/class/bm-sophon/bm-sophon${chip}/device`),
  };
}

async function isSoc(chip: number, root: string, { card }: ChipFolders): Promise<boolean> {
  if (chip !== SOC_CHIP || card !== undefined) return false;
  const nodes = await numbered(path.join(root, 'dev'), 'bm-tpu');
  const classes = await numbered(path.join(root, 'sys/class/bm-tpu'), 'bm-tpu');
  return [...nodes, ...classes].includes(chip);
}

type Facts = { [K in keyof ChipInfo]?: ChipInfo[K] | undefined };

async function readCardFacts(folder: string | undefined): Promise<Facts> {
  if (folder === undefined) return {};
  const file = (name: string): string => path.join(folder, name);
  return {
    chipsOnCard: await readMeasure(file('chip_num_on_card')),
    chipId: await readWord(file('chipid')),
    board: await readWord(file('board_type')),
    serial: await readWord(file('sn')),
    minClockMhz: await readMeasure(file('tpu_minclk'), 'MHz'),
    maxClockMhz: await readMeasure(file('tpu_maxclk'), 'MHz'),
    maxBoardPowerW: await readMeasure(file('maxboardp'), 'W'),
  };
}

async function readChipFacts(folder: string | undefined): Promise<Facts> {
  if (folder === undefined) return {};
  const file = (name: string): string => path.join(folder, name);
  const ecc = await readText(file('ecc'));
  return {
    busAddress: await readWord(file('dbdf')),
    firmwareVersion: await readWord(file('firmware_info')),
    linkGeneration: parseMeasure((await readText(file('pcie_link_speed')))?.replace(/^gen/, '')),
    linkLanes: parseMeasure((await readText(file('pcie_link_width')))?.replace(/^x/, '')),
    memoryBytes: parseCapacity(await readText(file('ddr_capacity'))),
    hasEcc: ecc === 'on' ? true : ecc === 'off' ? false : undefined,
    heaps: parseHeaps(await readText(file('heap'))),
  };
}

/** `release version:0.5.1   release date: 20240717-103602` */
async function readDriver(root: string): Promise<Facts> {
  const text = await readText(path.join(root, 'proc/bmsophon/driver_version'));
  return {
    driverVersion: /version:\s*(\d+(?:\.\d+)+)/.exec(text ?? '')?.[1],
    driverDate: /date:\s*(\d\S*)/.exec(text ?? '')?.[1],
  };
}

/** `4g, 4g, 4g, 4g, 16g`: the banks, and last their sum. */
function parseCapacity(text: string | undefined): number | undefined {
  const gigabytes = parseMeasure(text?.split(',').at(-1)?.trim(), 'g');
  return gigabytes === undefined || gigabytes <= 0 ? undefined : gigabytes * 2 ** 30;
}

/** `heap0, size = 0xfe000000, start_addr =0x102000000`; one without memory is none. */
function parseHeaps(text: string | undefined): ChipInfo['heaps'] {
  const found = (text ?? '').matchAll(/^heap(\d+), size = (0x[\da-f]+),/gim);
  const heaps = Array.from(found, ([, number, size]) => ({
    name: `heap${number ?? ''}`,
    totalBytes: Number(size),
  })).filter(({ totalBytes }) => totalBytes > 0);
  return heaps.length > 0 ? heaps : undefined;
}

/** What this process may do with a device node. */
export async function accessTo(node: string): Promise<ChipInfo['access']> {
  try {
    await access(node, constants.R_OK | constants.W_OK);
    return 'allowed';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' ? 'missing' : 'denied';
  }
}

/** Numbers of the entries of a folder with that name before them, ascending; none without it. */
async function numbered(folder: string, prefix: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return ascending(
    names.flatMap((name) => {
      const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
      return /^\d{1,4}$/.test(digits) ? [Number(digits)] : [];
    }),
  );
}

function ascending(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The same without the properties whose value is undefined. */
export function withoutUndefined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}
