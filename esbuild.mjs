/**
 * Builds the bundles into dist/:
 *
 *   node esbuild.mjs [--watch] [--minify] [main] [deviceHost] [tokenizerThread] [cardThread]
 *     [extension] [pages]
 *
 * Without names, all of them. Native code stays outside: `koffi` and `@node-llama-cpp/<platform>` are
 * resolved from dist/ at run time, so they are found in the repository's node_modules as well as in
 * dist/node_modules of a packaged extension.
 */
import { cp, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';

const { values: flags, positionals: names } = parseArgs({
  options: { watch: { type: 'boolean' }, minify: { type: 'boolean' } },
  allowPositionals: true,
});
const root = import.meta.dirname;
const { version } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));

/** @type {esbuild.BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  // Stack traces in logs name functions, also in a minified build.
  keepNames: true,
  minify: flags.minify ?? false,
  external: ['koffi', 'vscode'],
  define: { TPU_PILOT_VERSION: JSON.stringify(version) },
  logLevel: 'info',
};

/** Some dependencies are CommonJS, and expect what Node gives such modules. */
const esm = {
  format: 'esm',
  banner: {
    js: [
      "import { createRequire as pilotCreateRequire } from 'node:module';",
      'const require = pilotCreateRequire(import.meta.url);',
      'const { filename: __filename, dirname: __dirname } = import.meta;',
    ].join(''),
  },
};

/** @type {Record<string, esbuild.BuildOptions>} */
const bundles = {
  main: { ...esm, entryPoints: ['backend/main.ts'], outfile: 'dist/main.js' },
  deviceHost: { ...esm, entryPoints: ['backend/host/main.ts'], outfile: 'dist/deviceHost.js' },
  // These two beside the device host, which starts them.
  tokenizerThread: {
    ...esm,
    entryPoints: ['backend/tokenizer/tokenizerThread.ts'],
    outfile: 'dist/tokenizerThread.js',
  },
  cardThread: {
    ...esm,
    entryPoints: ['backend/devices/bm1684x/cardThread.ts'],
    outfile: 'dist/cardThread.js',
  },
  extension: { format: 'cjs', entryPoints: ['extension/main.ts'], outfile: 'dist/extension.cjs' },
  pages: {
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: [
      { in: 'extension/pages/client/main.ts', out: 'page' },
      { in: 'extension/pages/client/page.css', out: 'page' },
    ],
    outdir: 'dist/pages',
  },
};

// What the bundle main reads at run time, from beside it.
for (const area of ['toolchain', 'conversion', 'verification', 'timeModel']) {
  await cp(`${root}/backend/${area}/python`, `${root}/dist/python`, {
    recursive: true,
    filter: (from) => !from.endsWith('.in') && !from.includes('__pycache__'),
  });
}

for (const name of names.length > 0 ? names : Object.keys(bundles)) {
  const bundle = bundles[name];
  if (!bundle) throw new Error(`No bundle "${name}": ${Object.keys(bundles).join(', ')}.`);
  const options = { ...common, ...bundle };
  if (flags.watch) await (await esbuild.context(options)).watch();
  else await esbuild.build(options);
}
