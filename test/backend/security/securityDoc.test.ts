import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');

it('every promise in SECURITY.md names a test that exists', async () => {
  const text = await readFile(path.join(root, 'SECURITY.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.includes('---'));
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows.slice(1)) {
    const files = [...row.matchAll(/\]\((test\/[^)]+)\)/g)].map(([, file]) => file ?? '');
    expect(files, row).not.toHaveLength(0);
    for (const file of files)
      await expect(access(path.join(root, file)), file).resolves.toBeUndefined();
  }
});
