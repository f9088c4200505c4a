/**
 * `npm run test:desktop`: the tests of suite.ts in desktop VS Code, oldest supported and newest.
 * Where it can't be downloaded, or there is no display for it, says so and counts them as skipped.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import * as z from 'zod';
import { run } from '../support/run.ts';
import { add, none, summary, type Counts } from '../support/testReport.ts';

const root = join(import.meta.dirname, '../..');
const suite = join(root, 'out/desktop/suite.cjs');
/** As `engines.vscode` in package.json, and the newest. */
const versions = ['1.104.0', 'stable'];

const SuiteReport = z.object({ passed: z.int(), failed: z.int() });

/** Why the tests can't run on this machine. */
function obstacle(): string | undefined {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform !== 'linux' || DISPLAY || WAYLAND_DISPLAY) return undefined;
  return 'There is no display; try "xvfb-run -a npm run test:desktop".';
}

async function runIn(executable: string): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'pilot-'));
  const report = join(folder, 'report.json');
  try {
    await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: root,
      extensionTestsPath: suite,
      extensionTestsEnv: {
        TPU_PILOT_HOME: join(folder, 'home'),
        TPU_PILOT_TEST_REPORT: report,
      },
      launchArgs: [
        join(root, 'test/support/workspace'),
        ...['--user-data-dir', join(folder, 'data')],
        ...['--extensions-dir', join(folder, 'extensions')],
        '--disable-workspace-trust',
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ],
    }).catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) return { ...none, failed: 1 };
    return { ...none, ...SuiteReport.parse(JSON.parse(text)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One VS Code; skipped, as one, when it can't be had. */
async function test(version: string): Promise<Counts> {
  const reason = obstacle();
  if (reason) {
    console.log(`VS Code ${version} is not tested. ${reason}`);
    return { ...none, skipped: 1 };
  }
  let executable: string;
  try {
    executable = await downloadAndUnzipVSCode({ version, cachePath: join(root, '.vscode-test') });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    console.log(`VS Code ${version} is not tested, because it can't be downloaded: ${detail}`);
    return { ...none, skipped: 1 };
  }
  return runIn(executable);
}

await run(process.execPath, [join(root, 'esbuild.mjs')], { cwd: root });
await build({
  entryPoints: [join(root, 'test/desktop/suite.ts')],
  outfile: suite,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  external: ['vscode'],
});
let total = none;
for (const version of versions) total = add(total, await test(version));
console.log(`\n${summary(total)}`);
process.exitCode = total.failed > 0 ? 1 : 0;
