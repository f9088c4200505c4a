/** The Python files, run by the Python of this machine: they need none of the packages. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { shippedText } from '../../../backend/toolchain/lock.ts';
import { run } from '../../support/run.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const execute = promisify(execFile);
const isLinux = process.platform === 'linux';

const Packages = z.object({
  packages: z.array(
    z.object({ name: z.string(), version: z.string(), damage: z.string().nullable() }),
  ),
  missing: z.array(z.string()),
});

describe.skipIf(!isLinux)('inventory.py', () => {
  /** An environment with one package, whose list of files is given. */
  async function takeInventory(record: string | undefined, ...moved: string[]) {
    const env = path.join(await temporaryFolder(), 'env');
    await run('python3', ['-m', 'venv', '--without-pip', env]);
    const python = path.join(env, 'bin/python');
    const code = 'import sysconfig; print(sysconfig.get_paths()["purelib"])';
    const site = (await execute(python, ['-I', '-c', code])).stdout.trim();
    const info = path.join(site, 'Tiny_Thing-1.2.dist-info');
    await mkdir(info);
    await writeFile(path.join(info, 'METADATA'), 'Name: Tiny_Thing\nVersion: 1.2\n');
    if (record !== undefined) await writeFile(path.join(info, 'RECORD'), record);
    await writeFile(path.join(site, 'tiny.py'), 'x = 1\n');
    const script = await shippedText('inventory.py');
    const asked = JSON.stringify({ moved, programs: ['sh', 'no-such-program'] });
    const { stdout } = await execute(python, ['-I', '-c', script, asked]);
    return Packages.parse(JSON.parse(stdout));
  }

  it.each([
    ['whole', 'tiny.py,sha256=x,6\nTiny_Thing-1.2.dist-info/RECORD,,\n', null],
    ['that lacks a file', 'tiny.py,,6\ngone.py,,6\n', 'gone.py is missing'],
    ['with a short file', 'tiny.py,,60\n', 'tiny.py is cut short'],
    ['without its list of files', undefined, 'it has no list of its files'],
    ['whose byte code is not there yet', '__pycache__/tiny.cpython-310.pyc,,\n', null],
  ])('sees a package %s', async (_, record, damage) => {
    expect(await takeInventory(record)).toStrictEqual({
      packages: [{ name: 'Tiny_Thing', version: '1.2', damage }],
      missing: ['no-such-program'],
    });
  });

  it('leaves out what was moved aside', async () => {
    const { packages } = await takeInventory('lib/libc.so.6,,9\n', 'lib/libc.so.6');
    expect(packages[0]?.damage).toBeNull();
  });
});

describe.skipIf(!isLinux)('parallel.py', () => {
  async function parallel(commands: string, jobs = '2', env: Record<string, string> = {}) {
    const folder = await temporaryFolder();
    const [script, log] = [path.join(folder, 'parallel.py'), path.join(folder, 'log')];
    await writeFile(script, await shippedText('parallel.py'));
    const args = [script, '-j', jobs, '--halt', 'now,fail=1', '--progress', '--joblog', log];
    const running = execute('python3', args, { cwd: folder, env: { ...process.env, ...env } });
    running.child.stdin?.end(commands);
    const code = await running.then(
      () => 0,
      (error: unknown) => z.object({ code: z.number() }).parse(error).code,
    );
    const [head = '', ...rows] = (await readFile(log, 'utf8')).trim().split('\n');
    return { code, folder, head, rows: rows.map((row) => row.split('\t')) };
  }

  it('runs every command with bash, and logs them in the columns of GNU parallel', async () => {
    const { code, head, rows } = await parallel('pushd / && popd\n(echo $((1+1))) > out\n');
    expect(code).toBe(0);
    expect(head).toBe('Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand');
    expect(new Set(rows.map((row) => `${row[0] ?? ''} ${row[6] ?? ''} ${row[8] ?? ''}`))).toEqual(
      new Set(['1 0 pushd / && popd', '2 0 (echo $((1+1))) > out']),
    );
  });

  it('ends the others at the first failure, begins no more, and fails alike', async () => {
    const { code, rows } = await parallel('sleep 600\nexit 3\ntouch never\n');
    expect(code).toBe(3);
    expect(rows.map((row) => [row[0], row[6], row[7]])).toStrictEqual([
      ['2', '3', '0'],
      ['1', '0', '15'],
    ]);
  });

  it('runs as few at once as it is told', async () => {
    // Fails when the folder is there, which is as long as another runs.
    const command = 'mkdir one && sleep 0.1 && rmdir one\n';
    const { code, rows } = await parallel(command.repeat(4), '4', { TPU_PILOT_JOBS: '1' });
    expect([code, rows.length]).toStrictEqual([0, 4]);
  });

  it('has nothing to do without commands', async () => {
    expect(await parallel('')).toMatchObject({ code: 0, rows: [] });
  });
});
