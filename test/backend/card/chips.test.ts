import { chmod, mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listChips, readChip, readChips } from '../../../backend/card/chips.ts';
import { requireChip } from '../../../backend/card/node.ts';
import { DeviceError } from '../../../backend/devices/device.ts';
import { ChipInfo } from '../../../backend/protocol/devices.ts';
import { cardTree, driverTree, rootWith } from '../../support/cardTree.ts';

describe('the chips of a machine', () => {
  it('are none where there is no driver', async () => {
    const root = await rootWith();
    expect(await listChips(root)).toEqual([]);
    expect(await readChips(root)).toEqual([]);
    await mkdir(path.join(root, 'proc/bmsophon'), { recursive: true });
    expect(await readChips(root)).toEqual([]);
  });

  it('are described by the driver', async () => {
    const root = await rootWith(driverTree, cardTree(0, [0]));
    const chips = await readChips(root);
    expect(chips).toStrictEqual([
      {
        chip: 0,
        mode: 'pcie',
        node: '/dev/bm-sophon0',
        access: 'allowed',
        card: 0,
        chipOnCard: 0,
        chipsOnCard: 1,
        chipId: '0x1684x',
        board: 'AIV02X',
        serial: 'HQATEVBAIAIAI0001',
        minClockMhz: 25,
        maxClockMhz: 950,
        maxBoardPowerW: 75,
        busAddress: '000:03:00.0',
        firmwareVersion: 'a1b2c3d 2024-07-17',
        linkGeneration: 3,
        linkLanes: 4,
        memoryBytes: 16 * 2 ** 30,
        hasEcc: false,
        heaps: [
          { name: 'heap0', totalBytes: 0xf8000000 },
          { name: 'heap1', totalBytes: 2 ** 32 },
        ],
        driverVersion: '0.5.1',
        driverDate: '20240717-103602',
      },
    ]);
    expect(ChipInfo.parse(chips[0])).toStrictEqual(chips[0]);
  });

  it('are found on several cards with several chips, in the order of their numbers', async () => {
    const cards = [cardTree(1, [10, 11], { card: { sn: 'SECOND' } }), cardTree(0, [2, 8, 9])];
    const root = await rootWith(driverTree, ...cards);
    expect(await listChips(root)).toEqual([2, 8, 9, 10, 11]);
    const places = (await readChips(root)).map(({ chip, card, chipOnCard }) => [
      chip,
      card,
      chipOnCard,
    ]);
    expect(places).toEqual([
      [2, 0, 0],
      [8, 0, 1],
      [9, 0, 2],
      [10, 1, 0],
      [11, 1, 1],
    ]);
    expect((await readChip(11, root)).serial).toBe('SECOND');
  });

  it('have no value where the driver has none, nor a 0', async () => {
    const root = await rootWith(
      cardTree(0, [0], {
        card: { sn: '', maxboardp: 'N/A', tpu_maxclk: 'fast', board_type: '1682 not support' },
        chip: {
          pcie_link_speed: 'gen',
          pcie_link_width: '4',
          ddr_capacity: '0g, 0g, 0g, 0g, 0g',
          heap: '1682 not support',
          ecc: '?',
          firmware_info: 'N/A',
          dbdf: '',
        },
      }),
    );
    await rm(path.join(root, 'proc/bmsophon/card0/tpu_minclk'));
    expect((await readChips(root))[0]).toStrictEqual({
      chip: 0,
      mode: 'pcie',
      node: '/dev/bm-sophon0',
      access: 'allowed',
      card: 0,
      chipOnCard: 0,
      chipsOnCard: 1,
      chipId: '0x1684x',
      linkLanes: 4,
    });
  });

  it('may have no node, as in a container, or nothing but a node', async () => {
    const root = await rootWith(cardTree(0, [0, 1]));
    await rm(path.join(root, 'dev/bm-sophon0'));
    await rm(path.join(root, 'proc/bmsophon/card0/bmsophon1'), { recursive: true });
    expect(await listChips(root)).toEqual([1]);
    expect((await readChips(root)).map(({ access }) => access)).toEqual(['missing', 'allowed']);
    expect(await readChip(1, root)).toStrictEqual({
      chip: 1,
      mode: 'pcie',
      node: '/dev/bm-sophon1',
      access: 'allowed',
    });
  });

  it('are the machine itself in SoC mode', async () => {
    const root = await rootWith({
      'dev/bm-tpu0': '',
      'sys/class/bm-tpu/bm-tpu0/device/npu_usage': 'usage:0 avusage:0',
    });
    expect(await listChips(root)).toEqual([0]);
    expect(await readChips(root)).toStrictEqual([
      { chip: 0, mode: 'soc', node: '/dev/bm-tpu0', access: 'allowed' },
    ]);
  });

  it('are not confused by other names', async () => {
    const root = await rootWith(
      { 'dev/bm-sophon': '', 'dev/bm-sophonX': '', 'dev/bm-sophon1.bak': '', 'dev/bm-tpu7': '' },
      cardTree(0, [3]),
    );
    expect(await listChips(root)).toEqual([3]);
  });
});

describe('a chip to be opened', () => {
  it('is given when its node may be used', async () => {
    const root = await rootWith(driverTree, cardTree(0, [0, 1]));
    expect((await requireChip(1, root)).chip).toBe(1);
  });

  it('is lost without a node', async () => {
    const root = await rootWith(driverTree, cardTree(0, [0]));
    const error = new DeviceError('lost', 'there is no /dev/bm-sophon7.');
    await expect(requireChip(7, root)).rejects.toThrow(error);
  });

  it.each(['bm-sophon0', 'bmdev-ctl'])('names %s and its group when they refuse', async (name) => {
    const root = await rootWith(driverTree, cardTree(0, [0]), {
      'dev/bmdev-ctl': '',
      'etc/group': `root:x:0:\ntpu:x:${process.getgid?.() ?? 0}:\n`,
    });
    expect((await requireChip(0, root)).chip).toBe(0);
    const node = path.join(root, 'dev', name);
    await chmod(node, 0o060);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) {
      // Root may open every file, but no link that leads to itself.
      await rm(node);
      await symlink(name, node);
    }
    const text = isRoot
      ? `/dev/${name} cannot be read by user 0\\.$`
      : `/dev/${name} is for user \\d+ and the group \\w+ \\(mode 60\\), and this is user \\d+\\.$`;
    await expect(requireChip(0, root)).rejects.toMatchObject({
      code: 'noPermission',
      message: expect.stringMatching(`^${text}`) as unknown,
    });
  });
});
