/** Whether this process may open a chip, and who may when it may not. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { DeviceError } from '../devices/device.ts';
import type { ChipInfo } from '../protocol/devices.ts';
import { accessTo, readChip } from './chips.ts';

/** The library counts the chips by this one (bm_dev_getcount in libsophon bmlib_runtime.cpp). */
const CONTROL = '/dev/bmdev-ctl';

/**
 * The chip, if it can be opened. Asked before the library is: it ends the process for a number that
 * does not exist, and says little of a node that it may not open.
 * @param root stands for `/`
 * @throws DeviceError lost, when there is no such device node; noPermission, naming node and group
 */
export async function requireChip(chip: number, root = '/'): Promise<ChipInfo> {
  const info = await readChip(chip, root);
  switch (info.access) {
    case 'allowed':
      await requireControl(root);
      return info;
    case 'missing':
      throw new DeviceError('lost', `there is no ${info.node}.`);
    case 'denied':
      throw new DeviceError('noPermission', await describeOwner(info.node, root));
    default:
      return info.access satisfies never;
  }
}

/** Without it the library finds no chips; where there is none, it says so itself. */
async function requireControl(root: string): Promise<void> {
  if ((await accessTo(path.join(root, CONTROL))) !== 'denied') return;
  throw new DeviceError('noPermission', await describeOwner(CONTROL, root));
}

/** `/dev/bm-sophon0 is for user 0 and the group tpu (mode 660), and this is user 1000.` */
async function describeOwner(node: string, root: string): Promise<string> {
  const self = process.getuid?.() ?? 'unknown';
  const stats = await stat(path.join(root, node)).catch(() => undefined);
  if (stats === undefined) return `${node} cannot be read by user ${self}.`;
  const mode = (stats.mode & 0o777).toString(8);
  const group = await groupName(stats.gid, root);
  return `${node} is for user ${stats.uid} and the group ${group} (mode ${mode}), and this is user ${self}.`;
}

/** By `/etc/group`; the number when it has no name there. */
async function groupName(gid: number, root: string): Promise<string> {
  const text = await readFile(path.join(root, 'etc/group'), 'utf8').catch(() => '');
  const rows = text.split('\n').map((line) => line.split(':'));
  return rows.find(([, , number]) => number === String(gid))?.[0] ?? String(gid);
}
