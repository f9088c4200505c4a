/**
 * `npm run lock:toolchain`: writes backend/toolchain/python/lock.json, the exact wheels of the
 * compiler's Python environment, from requirements.in and overrides.in beside it. It needs uv
 * (`pip install uv`) and the package index, and takes the newest versions that fit.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod';
import type { LockedPackage, ToolchainLock } from '../../backend/toolchain/lock.ts';
import { run } from './run.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'backend/toolchain/python');

/** The part of PEP 751 that is used. */
const Pylock = z.object({
  packages: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      wheels: z.array(
        z.object({
          url: z.string(),
          size: z.int(),
          hashes: z.object({ sha256: z.string() }),
        }),
      ),
    }),
  ),
});
type Locked = z.infer<typeof Pylock>['packages'][number];

/** Tags of wheels for CPython 3.10 on x86-64 with glibc, the best first. */
const preferences = [
  /-cp310-cp310-[\w.]*manylinux[\w.]*x86_64\.whl$/,
  /-cp3\d+-abi3-[\w.]*manylinux[\w.]*x86_64\.whl$/,
  /-py3[\w.]*-none-[\w.]*manylinux[\w.]*x86_64\.whl$/,
  /-(py2\.)?py3-none-any\.whl$/,
];

function chooseWheel({ name, version, wheels }: Locked): LockedPackage {
  for (const tags of preferences) {
    // Of two with the same tags, the one for older systems runs on more of them.
    const [wheel] = wheels
      .map(({ url, size, hashes }) => ({ file: url.split('/').at(-1) ?? '', size, ...hashes }))
      .filter(({ file }) => tags.test(file))
      .sort((a, b) => a.file.localeCompare(b.file));
    if (wheel) return { name, version, file: wheel.file, bytes: wheel.size, sha256: wheel.sha256 };
  }
  throw new Error(`${name} ${version} has no wheel for CPython 3.10 on x86-64 Linux.`);
}

const scratch = await mkdtemp(join(tmpdir(), 'tpu-pilot-lock-'));
try {
  const output = join(scratch, 'pylock.toml');
  const options = [
    ...['--python-version', '3.10', '--python-platform', 'x86_64-manylinux_2_28'],
    ...['--only-binary', ':all:', '--override', 'overrides.in'],
    ...['--format', 'pylock.toml', '--output-file', output],
  ];
  await run('uv', ['pip', 'compile', 'requirements.in', ...options], { cwd: folder });
  const { packages } = Pylock.parse(parse(await readFile(output, 'utf8')));
  const wheels = packages.map(chooseWheel);
  const uv = wheels.find(({ name }) => name === 'uv');
  if (!uv) throw new Error('requirements.in does not name uv.');
  const lock: ToolchainLock = {
    python: '3.10',
    packages: wheels.filter((wheel) => wheel !== uv),
    uv,
  };
  await writeFile(join(folder, 'lock.json'), `${JSON.stringify(lock, undefined, 2)}\n`);
  const bytes = lock.packages.reduce((sum, locked) => sum + locked.bytes, 0);
  console.log(`${lock.packages.length} packages, ${(bytes / 1e9).toFixed(1)} GB to download.`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
