/**
 * Copies the native code that a packaged extension needs beside its bundles: koffi, with the binary
 * of this platform, and libllama with the ggml libraries it loads.
 */
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The platform of this machine, as npm packages and vsce's targets name it: `linux-x64`. */
export const platform = `${process.platform}-${process.arch}`;

interface Part {
  readonly from: string;
  readonly to: string;
  /** Files to take, by their path below `from`: what runs and the licence, no sources or headers. */
  readonly wanted: RegExp;
}

const parts: readonly Part[] = [
  {
    from: 'node_modules/koffi',
    to: 'dist/node_modules/koffi',
    wanted: /^(index\.c?js|src\/koffi\/(src\/)?\w+\.c?js|package\.json|LICENSE\.txt)$/,
  },
  {
    from: `node_modules/@koromix/koffi-${platform}`,
    to: `dist/node_modules/@koromix/koffi-${platform}`,
    wanted: new RegExp(`^(${platform.replace('-', '_')}/koffi\\.node|index\\.js|package\\.json)$`),
  },
  {
    from: `node_modules/@node-llama-cpp/${platform}/bins/${platform}`,
    to: 'dist/llama',
    // Not llama-addon.node and libllama-common, which only node-llama-cpp's own classes use.
    wanted: /^lib(llama\.v[\d.]+|ggml[\w.-]*)\.(so|dylib|dll)$/,
  },
  {
    from: `node_modules/@node-llama-cpp/${platform}`,
    to: 'dist/llama',
    wanted: /^LICENSE$/,
  },
];

/**
 * Lays the parts out in `root`/dist, in place of those of an earlier build.
 * @throws Error naming a package that is not installed
 */
export async function stageNativeParts(root: string): Promise<void> {
  for (const folder of ['dist/node_modules', 'dist/llama']) {
    await rm(join(root, folder), { recursive: true, force: true });
  }
  for (const { from, to, wanted } of parts) {
    const files = (await filesBelow(join(root, from))).filter((file) => wanted.test(file));
    if (files.length === 0) {
      throw new Error(`There is nothing to pack in ${from}: run "npm ci" on ${platform} first.`);
    }
    for (const file of files) await cp(join(root, from, file), join(root, to, file));
  }
}

/** Paths relative to the folder; none when there is no such folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
