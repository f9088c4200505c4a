/** Which processes have a chip open, as far as this user may see. */
import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { readText } from './procFile.ts';

export interface ChipUser {
  readonly pid: number;
  /** Of its program, at most 15 characters (man 5 proc, `comm`). */
  readonly name?: string;
}

const NODE = /^\/dev\/bm-(?:sophon|tpu)\d+$/;

/**
 * The processes behind each device node. Those of other users are seen by root alone.
 * @param root stands for `/`
 */
export async function findUsers(root = '/'): Promise<ReadonlyMap<string, readonly ChipUser[]>> {
  const users = new Map<string, ChipUser[]>();
  for (const entry of await list(path.join(root, 'proc'))) {
    if (!/^\d+$/.test(entry)) continue;
    const folder = path.join(root, 'proc', entry);
    const nodes = await openNodes(path.join(folder, 'fd'));
    if (nodes.size === 0) continue;
    const name = await readText(path.join(folder, 'comm'));
    const user = { pid: Number(entry), ...(name !== undefined && { name }) };
    for (const node of nodes) users.set(node, [...(users.get(node) ?? []), user]);
  }
  return users;
}

async function openNodes(folder: string): Promise<ReadonlySet<string>> {
  const links = await Promise.all(
    (await list(folder)).map(async (fd) => readlink(path.join(folder, fd)).catch(() => '')),
  );
  return new Set(links.filter((link) => NODE.test(link)));
}

/** Nothing for a folder that is not there, not readable, or gone with its process. */
async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
