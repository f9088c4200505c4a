/** A folder that stands for `/` of a machine with cards, written as libsophon's driver writes it. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from './temporaryFolder.ts';

/** Files by path; a value without a line end gets one. */
export type Tree = Readonly<Record<string, string>>;

/** Until the test has finished. */
export async function rootWith(...trees: readonly Tree[]): Promise<string> {
  const root = await temporaryFolder();
  for (const [name, text] of Object.entries(Object.assign({}, ...trees) as Tree)) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${text}\n`);
  }
  return root;
}

function under(folder: string, tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, text]) => [`${folder}/${name}`, text]),
  );
}

export const driverTree: Tree = {
  'proc/bmsophon/card_num': '1',
  'proc/bmsophon/chip_num': '1',
  'proc/bmsophon/driver_version': 'release version:0.5.1   release date: 20240717-103602',
  'dev/bmdev-ctl': '',
};

/** Chips of one card, at rest and healthy. */
export function cardTree(
  card: number,
  chips: readonly number[],
  changes: { readonly card?: Tree; readonly chip?: Tree } = {},
): Tree {
  const ofCard: Tree = {
    chipid: '0x1684x',
    mode: 'pcie',
    chip_num_on_card: `${chips.length}`,
    tpu_minclk: '25MHz',
    tpu_maxclk: '950MHz',
    maxboardp: '75 W',
    board_power: '31 W',
    fan_speed: 'duty  30\nfan_speed  2400',
    board_temp: '41 C',
    sn: 'HQATEVBAIAIAI0001',
    board_type: 'AIV02X',
    ...changes.card,
  };
  return Object.assign(
    under(`proc/bmsophon/card${card}`, ofCard),
    ...chips.map((chip, index) => chipTree(card, chip, index, changes.chip)),
  ) as Tree;
}

function chipTree(card: number, chip: number, index: number, changes: Tree = {}): Tree {
  const proc: Tree = {
    tpuid: `${chip}`,
    dbdf: `000:0${index + 3}:00.0`,
    status: 'Active',
    ecc: 'off',
    pcie_link_speed: 'gen3',
    pcie_link_width: 'x4',
    tpu_power: '3 W',
    chip_power: '9 W',
    firmware_info: 'a1b2c3d 2024-07-17',
    tpu_freq: '950 MHz',
    chip_temp: `${52 + index} C`,
    heap: [
      'heap0, size = 0xf8000000, start_addr =0x108000000',
      'heap1, size = 0x100000000, start_addr =0x300000000',
      'heap2, size = 0x0, start_addr =0x0',
    ].join('\n'),
    ddr_capacity: '4g, 4g, 4g, 4g, 16g',
    ...changes,
  };
  return {
    ...under(`proc/bmsophon/card${card}/bmsophon${chip}`, proc),
    [`sys/class/bm-sophon/bm-sophon${chip}/device/npu_usage`]: `usage:${12 + index} avusage:9`,
    [`dev/bm-sophon${chip}`]: '',
  };
}
