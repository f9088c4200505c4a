import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { processesOf } from '../../../backend/toolchain/processTree.ts';
import { dockerRunner, localRunner } from '../../../backend/toolchain/runner.ts';
import { runTool, type ToolRun } from '../../../backend/toolchain/toolProcess.ts';
import type { ToolEnd } from '../../../backend/toolchain/toolEnd.ts';
import { placeProgram } from '../../support/placeProgram.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const runner = localRunner(process.env);
let count = 0;

function runScript(text: string, run: Partial<ToolRun> = {}): Promise<ToolEnd> {
  const id = `test:${process.pid}:${++count}`;
  const command = { file: process.execPath, args: ['-e', text], cwd: '/' };
  return runTool(runner, command, { id, signal: new AbortController().signal, ...run });
}

/** A process that ignores SIGTERM and has a child in a session of its own, which does too. */
const stubborn = `
  process.on('SIGTERM', () => {});
  if (process.argv[1] !== 'child') {
    require('child_process').spawn(process.execPath, ['-e', process.env.TEXT, 'child'], {
      detached: true, stdio: 'ignore',
    });
  }
  require('net').connect(+process.env.PORT);
  setInterval(() => {}, 1000);`;

describe.skipIf(process.platform !== 'linux')('a process of the toolchain', () => {
  it('is started as it is: no word is read by a shell', async () => {
    const lines: string[] = [];
    const args = ['-p', 'process.argv.slice(1).join("|")', '$HOME', '; echo x', '`id`', '* "'];
    const command = { file: process.execPath, args, cwd: '/' };
    const { signal } = new AbortController();
    const onLine = (line: string): void => void lines.push(line);
    await runTool(runner, command, { id: 'test:words', signal, onLine });
    expect(lines).toStrictEqual(['$HOME|; echo x|`id`|* "']);
  });

  it('hands over its lines, also those that end as progress bars do', async () => {
    const lines: [string, string][] = [];
    await runScript("process.stdout.write('1 %\\r2 %\\r\\nlast'); process.stderr.write('oh\\n');", {
      onLine: (line, stream) => void lines.push([stream, line]),
    });
    expect(lines.filter(([stream]) => stream === 'stdout')).toStrictEqual([
      ['stdout', '1 %'],
      ['stdout', '2 %'],
      ['stdout', 'last'],
    ]);
    expect(lines).toContainEqual(['stderr', 'oh']);
  });

  it.each<[string, string, ToolEnd]>([
    ['well', "console.log('a')", { kind: 'exited', code: 0, lastLines: ['a'] }],
    ['badly', 'process.exit(255)', { kind: 'exited', code: 255, lastLines: [] }],
    [
      'by a fault',
      "process.kill(process.pid, 'SIGSEGV')",
      { kind: 'killed', by: 'SIGSEGV', lastLines: [] },
    ],
  ])('tells how it ended: %s', async (_, text, end) => {
    expect(await runScript(text)).toStrictEqual(end);
  });

  it('that is not there, is no fault of the caller', async () => {
    const { signal } = new AbortController();
    const command = { file: '/nonexistent/python', args: [], cwd: '/' };
    const run = { id: 'test:none', signal };
    expect(await runTool(runner, command, { ...run, mayBeMissing: true })).toStrictEqual({
      kind: 'notStarted',
      reason: 'ENOENT',
    });
    await expect(runTool(runner, command, run)).rejects.toMatchObject({
      errorName: 'toolchainBroken',
      message: expect.stringContaining('/nonexistent/python: there is no such program') as string,
    });
  });

  it.each([
    [125, 'dockerFailed', 'Docker could not run org/image:1: exit code 125: docker: no daemon'],
    [126, 'toolchainBroken', '/tools/python: exit code 126: docker: no daemon'],
    [127, 'toolchainBroken', '/tools/python: exit code 127: docker: no daemon'],
  ])('knows what Docker means by exit code %i', async (code, errorName, message) => {
    const folder = await temporaryFolder();
    const text = `console.error('docker: no daemon'); process.exit(${code});`;
    await placeProgram(path.join(folder, 'docker'), text);
    const container = dockerRunner('org/image:1', { PATH: folder });
    const command = { file: '/tools/python', args: [], cwd: folder };
    const { signal } = new AbortController();
    const running = runTool(container, command, { id: 'test:docker', signal });
    await expect(running).rejects.toMatchObject({
      errorName,
      message: expect.stringContaining(message) as string,
    });
  });

  it('in a container that fails by itself, has failed, and not Docker', async () => {
    const folder = await temporaryFolder();
    await placeProgram(path.join(folder, 'docker'), 'process.exit(1);');
    const container = dockerRunner('org/image:1', { PATH: folder });
    const command = { file: '/tools/python', args: [], cwd: folder };
    const { signal } = new AbortController();
    expect(await runTool(container, command, { id: 'test:code', signal })).toMatchObject({
      kind: 'exited',
      code: 1,
    });
  });

  it('that hangs is ended after its time', async () => {
    const id = `test:${process.pid}:hang`;
    const end = await runScript('setInterval(() => {}, 1000)', { id, timeoutMs: 500 });
    expect(end.kind).toBe('timeout');
    expect(await processesOf(id)).toStrictEqual([]);
  });

  it('is ended with all that it started, however stubborn', async () => {
    const id = `test:${process.pid}:tree`;
    let connected = 0;
    const cancel = new AbortController();
    // Each of the two connects when its handler for SIGTERM is in place.
    const server = createServer(() => ++connected === 2 && cancel.abort()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const command = {
      file: process.execPath,
      args: ['-e', stubborn],
      cwd: '/',
      env: { TEXT: stubborn, PORT: `${port}` },
    };
    await expect(runTool(runner, command, { id, signal: cancel.signal })).rejects.toMatchObject({
      errorName: 'cancelled',
    });
    expect(await processesOf(id)).toStrictEqual([]);
    server.close();
  });

  it('is not started when it is cancelled already', async () => {
    const signal = AbortSignal.abort();
    const onLine = (): never => expect.unreachable();
    await expect(runScript("console.log('a')", { signal, onLine })).rejects.toMatchObject({
      errorName: 'cancelled',
    });
  });
});
