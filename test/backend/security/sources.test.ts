/** What no source of the product may do. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');

async function sources(): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const folder of ['backend', 'extension']) {
    for (const file of await readdir(path.join(root, folder), { recursive: true })) {
      if (!file.endsWith('.ts')) continue;
      found.push([path.join(folder, file), await readFile(path.join(root, folder, file), 'utf8')]);
    }
  }
  return found;
}

it('no source starts a shell', async () => {
  const files = await sources();
  expect(files.length).toBeGreaterThan(100);
  const shells = files.filter(([, text]) =>
    /\bimport \{[^}]*\bexec(Sync)?\b[^}]*\} from 'node:child_process'|\bshell: /.test(text),
  );
  expect(shells.map(([file]) => file)).toStrictEqual([]);
});

it('no source turns the check of certificates off', async () => {
  const unchecked = (await sources()).filter(([, text]) =>
    /rejectUnauthorized: false|NODE_TLS_REJECT_UNAUTHORIZED/.test(text),
  );
  expect(unchecked.map(([file]) => file)).toStrictEqual([]);
});
