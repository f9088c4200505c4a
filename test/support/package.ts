/** `npm run package`: one .vsix for the platform of this machine, in out/. Prints its path. */
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as z from 'zod';
import { platform, stageNativeParts } from './nativeParts.ts';
import { run } from './run.ts';

const require = createRequire(import.meta.url);

const Manifest = z.object({ name: z.string(), version: z.string() });

/** Builds the minified bundles and packs them with the native parts; returns the file's path. */
export async function packageExtension(root: string): Promise<string> {
  const { name, version } = Manifest.parse(
    JSON.parse(await readFile(join(root, 'package.json'), 'utf8')),
  );
  await run(process.execPath, ['esbuild.mjs', '--minify'], { cwd: root });
  await stageNativeParts(root);
  await mkdir(join(root, 'out'), { recursive: true });
  const packagePath = join(root, 'out', `${name}-${platform}-${version}.vsix`);
  await run(
    process.execPath,
    [
      require.resolve('@vscode/vsce/vsce'),
      ...['package', '--target', platform, '--out', packagePath],
      // Everything needed is in the bundles and in dist/node_modules.
      '--no-dependencies',
      '--allow-missing-repository',
      '--no-rewrite-relative-links',
    ],
    { cwd: root, timeoutMs: 120_000 },
  );
  return packagePath;
}

if (process.argv[1] === import.meta.filename) {
  console.log(await packageExtension(join(import.meta.dirname, '../..')));
}
