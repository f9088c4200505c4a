/**
 * `npm test`: every check and every test, in the order in which they are likely to fail fast, ending
 * with one line of counts. With CI set, a skipped test of the compiler or the editor is a failure.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, RunError } from './run.ts';
import { add, countReport, none, summary, VitestReport, type Counts } from './testReport.ts';

const root = join(import.meta.dirname, '../..');
const reports = join(root, 'out/test-reports');

interface Stage {
  readonly title: string;
  readonly run: () => Promise<Counts>;
}

/** A program of node_modules/.bin, or Node itself. */
function program(name: string, ...args: string[]): Promise<string> {
  const command = name === 'node' ? process.execPath : join(root, 'node_modules/.bin', name);
  return run(command, args, { cwd: root, show: true, timeoutMs: 60 * 60_000 });
}

/** A program that counts as one test. */
function check(title: string, name: string, ...args: string[]): Stage {
  return {
    title,
    run: async () => {
      await program(name, ...args);
      return { ...none, passed: 1 };
    },
  };
}

function vitest(project: string, skippedIsFailure = false): Stage {
  return {
    title: `${project} tests`,
    run: async () => {
      const file = join(reports, `${project}.json`);
      await rm(file, { force: true });
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
      const ran = await program('vitest', 'run', '--project', project, ...reporters).then(
        () => true,
        () => false,
      );
      // Without a report it did not get as far as a test.
      const report = VitestReport.parse(JSON.parse(await readFile(file, 'utf8')));
      const counts = countReport(ran ? report : { ...report, success: false });
      if (!skippedIsFailure) return counts;
      return { ...counts, failed: counts.failed + counts.skipped, skipped: 0 };
    },
  };
}

const isCi = Boolean(process.env['CI']);
const stages: readonly Stage[] = [
  check('format', 'prettier', '--check', '.'),
  check('lint', 'eslint', '.', '--max-warnings', '0'),
  check('types', 'tsc', '-b'),
  check('dead code', 'knip'),
  vitest('unit'),
  check('build', 'node', 'esbuild.mjs'),
  vitest('integration', isCi),
  vitest('e2e', isCi),
];

await mkdir(reports, { recursive: true });
let total = none;
const lines: string[] = [];
for (const { title, run: runStage } of stages) {
  console.log(`\n== ${title}`);
  const start = performance.now();
  const counts = await runStage().catch((error: unknown) => {
    // The program has shown its own output already.
    if (!(error instanceof RunError)) console.error(error);
    return { ...none, failed: 1 };
  });
  total = add(total, counts);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  lines.push(`${title}: ${summary(counts)} (${seconds} s)`);
}
console.log(`\n${lines.join('\n')}\n\n${summary(total)}`);
process.exitCode = total.failed > 0 ? 1 : 0;
