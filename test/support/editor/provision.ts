/** Gets code-server and the Node it needs from the npm registry, once, into the cache. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { cacheFolder } from '../cacheFolder.ts';
import { run } from '../run.ts';
import { restoreProposedApiCheck } from './proposedApi.ts';
import { editorKey, editorVersions } from './versions.ts';

/** A usable code-server: `node entry ...arguments`. */
export interface Editor {
  readonly node: string;
  readonly entry: string;
}

export type Report = (line: string) => void;

/** Written last: a folder without it is not finished. */
const MARKER = 'editor.json';

/** Of VS Code's native modules, those without a prebuilt binary that a window can't do without. */
const COMPILED = {
  '@vscode/spdlog': 'build/Release/spdlog.node',
  '@vscode/native-watchdog': 'build/Release/watchdog.node',
};

const EXTENSION_HOST = 'out/vs/workbench/api/node/extensionHostProcess.js';

const QUARTER_HOUR = 15 * 60_000;

interface Step {
  readonly title: string;
  readonly run: (folder: string) => Promise<unknown>;
}

const steps: readonly Step[] = [
  {
    title: 'downloading code-server and Node 24 (about 100 MB)',
    run: (folder) => npm(folder, folder, ['install', '--ignore-scripts']),
  },
  {
    title: "downloading VS Code's modules (about 150 MB)",
    run: (folder) =>
      npm(folder, vscodeFolder(folder), ['install', '--omit=dev', '--ignore-scripts']),
  },
  {
    title: 'downloading the TypeScript language service',
    run: (folder) =>
      npm(folder, join(vscodeFolder(folder), 'extensions'), [
        'install',
        '--omit=dev',
        '--ignore-scripts',
      ]),
  },
  {
    title: 'compiling two native modules (needs g++, make and python3)',
    run: (folder) => npm(folder, vscodeFolder(folder), ['rebuild', ...Object.keys(COMPILED)]),
  },
  {
    title: "restoring VS Code's check for proposed API",
    run: async (folder) => {
      const file = join(vscodeFolder(folder), EXTENSION_HOST);
      const original = join(folder, 'extensionHostProcess.js');
      // From a copy, so that an interrupted step can be repeated.
      if (!existsSync(original)) await cp(file, original);
      await writeFile(file, restoreProposedApiCheck(await readFile(original, 'utf8')));
    },
  },
];

/**
 * The editor, from the cache or freshly made. An interrupted run goes on with the step it was in;
 * a second run at the same time waits for the first.
 * @throws Error with a remedy on platforms without it; RunError when a step fails.
 */
export async function provideEditor(
  report: Report = (line) => process.stderr.write(`${line}\n`),
  cache: string = cacheFolder(),
): Promise<Editor> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Error(
      'The browser editor is provided on Linux (x64, arm64) only. Install VS Code, whose "code" command is used instead.',
    );
  }
  const folder = join(cache, `editor-${editorKey()}`);
  if (await isComplete(folder)) return editorIn(folder);
  await mkdir(cache, { recursive: true });
  const release = await acquire(folder, report);
  try {
    if (!(await isComplete(folder))) await make(folder, report);
  } finally {
    await release();
  }
  return editorIn(folder);
}

async function acquire(folder: string, report: Report): Promise<() => Promise<void>> {
  // `realpath: false`: the folder to be locked does not exist yet.
  const options = { realpath: false, stale: 30_000, update: 5_000 };
  try {
    return await lock(folder, options);
  } catch {
    report('Another process is preparing the editor; waiting for it.');
    const retries = { retries: 900, minTimeout: 1000, maxTimeout: 2000 };
    return await lock(folder, { ...options, retries });
  }
}

async function make(folder: string, report: Report): Promise<void> {
  const partial = `${folder}.partial`;
  const done = join(partial, 'steps-done');
  await mkdir(partial, { recursive: true });
  await writeFile(
    join(partial, 'package.json'),
    JSON.stringify({ private: true, dependencies: editorVersions }, undefined, 2),
  );
  const first = existsSync(done) ? Number(await readFile(done, 'utf8')) : 0;
  report(`Preparing the editor, once, in ${partial}`);
  for (const [index, step] of steps.entries()) {
    if (index < first) continue;
    report(`  [${index + 1}/${steps.length}] ${step.title}`);
    await step.run(partial);
    await writeFile(done, String(index + 1));
  }
  const { node, entry } = editorIn(partial);
  await writeFile(join(partial, 'check.yaml'), 'auth: none\n');
  // Given a config file, code-server writes none into the user's home.
  await run(node, [entry, '--version', '--config', join(partial, 'check.yaml')], {
    timeoutMs: 60_000,
  });
  await writeFile(join(partial, MARKER), JSON.stringify(editorVersions));
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  report('  The editor is ready.');
}

async function isComplete(folder: string): Promise<boolean> {
  const marker = await readFile(join(folder, MARKER), 'utf8').catch(() => '');
  if (marker !== JSON.stringify(editorVersions)) return false;
  const { node, entry } = editorIn(folder);
  const modules = join(vscodeFolder(folder), 'node_modules');
  const compiled = Object.entries(COMPILED).map(([name, file]) => join(modules, name, file));
  return [node, entry, ...compiled].every((file) => existsSync(file));
}

function editorIn(folder: string): Editor {
  return {
    node: join(nodeFolder(folder), 'bin/node'),
    entry: join(folder, 'node_modules/code-server/out/node/entry.js'),
  };
}

const nodeFolder = (folder: string): string =>
  join(folder, 'node_modules', `node-linux-${process.arch}`);

const vscodeFolder = (folder: string): string =>
  join(folder, 'node_modules/code-server/lib/vscode');

/** npm, run by the editor's Node once there is one, so that native modules are built for it. */
function npm(folder: string, cwd: string, args: readonly string[]): Promise<string> {
  // What npm tells its scripts about the package it runs them for would mislead an npm below it.
  const outer = /^npm_(package|lifecycle|command|config_(local_prefix|prefix|global_prefix))/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
  return run('npm', [...args, '--prefix', cwd, '--no-audit', '--no-fund'], {
    cwd,
    env: {
      ...env,
      PATH: `${join(nodeFolder(folder), 'bin')}:${process.env['PATH'] ?? ''}`,
      npm_config_nodedir: nodeFolder(folder),
      npm_config_jobs: 'max',
    },
    timeoutMs: QUARTER_HOUR,
  });
}
