import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { registerCompleteCommand } from '../../../backend/cli/complete.ts';
import { run } from '../../../backend/cli/run.ts';
import { CommandOutput } from '../../support/commandOutput.ts';
import { startBackend } from '../../support/startBackend.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

function complete(output: CommandOutput, words: string[]): Promise<number> {
  return run(['complete', ...words], output.io, (program) => {
    registerCompleteCommand(program, output.io);
  });
}

async function sourceFile(text: string | Buffer): Promise<string> {
  const file = path.join(await temporaryFolder(), 'a.py');
  await writeFile(file, text);
  return file;
}

describe('tpu-pilot complete', () => {
  it('prints the text to insert at a line and column counted from 1', async () => {
    const { home, engine } = await startBackend();
    const output = new CommandOutput(home);
    const file = await sourceFile('x = 1\ndef f():\n    \n');
    const code = complete(output, ['--file', file, '--line', '3', '--column', '5']);
    const call = await engine.nextCall();
    expect(call.prompt).toBe('x = 1\ndef f():');
    expect(call.request.class).toBe('completion');
    call.write('\n    return 1\n').finish();
    expect(await code).toBe(0);
    expect(output.stdout.text).toBe('return 1\n');
  });

  it('prints the whole result with --json', async () => {
    const { home, engine } = await startBackend();
    const output = new CommandOutput(home);
    const file = await sourceFile('x =');
    const code = complete(output, ['--file', file, '--line', '1', '--column', '4', '--json']);
    (await engine.nextCall()).write(' 1').finish();
    expect(await code).toBe(0);
    expect(JSON.parse(output.stdout.text)).toMatchObject({
      items: [{ insertText: ' 1' }],
      mode: 'prefix',
      cached: false,
    });
  });

  it('says so where there is no suggestion', async () => {
    const { home } = await startBackend();
    const output = new CommandOutput(home);
    const file = await sourceFile('foo');
    expect(await complete(output, ['--file', file, '--line', '1', '--column', '2'])).toBe(0);
    expect(output.stdout.text).toBe('');
    expect(output.stderr.text).toContain('no suggestion');
  });

  it.each([
    ['a missing file', async () => path.join(await temporaryFolder(), 'none.py')],
    ['a folder', async () => temporaryFolder()],
    ['invalid UTF-8', () => sourceFile(Buffer.from([0x78, 0xff, 0xfe]))],
    [
      'a huge file',
      async () => {
        const file = await sourceFile('');
        await truncate(file, 5_000_000_000);
        return file;
      },
    ],
  ])('refuses %s, before it asks a backend', async (_, prepare) => {
    const output = new CommandOutput(await temporaryFolder());
    const file = await prepare();
    const code = await complete(output, ['--file', file, '--line', '1', '--column', '1', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(output.stderr.text)).toMatchObject({ error: { name: 'fileUnreadable' } });
  });

  it.each([
    ['no file', ['--line', '1', '--column', '1']],
    ['line 0', ['--file', 'a', '--line', '0', '--column', '1']],
    ['a column that is no number', ['--file', 'a', '--line', '1', '--column', 'x']],
  ])('reports %s as wrong usage', async (_, words) => {
    const output = new CommandOutput('nowhere');
    expect(await complete(output, words)).toBe(2);
    expect(output.stderr.text).toContain('error:');
  });
});
