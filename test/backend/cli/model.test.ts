import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerModelCommands } from '../../../backend/cli/model.ts';
import { buildBmodel } from '../../support/bmodelFile.ts';
import { buildGguf } from '../../support/ggufFile.ts';
import { HubServer, stallAfter } from '../../support/hubServer.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const gguf = buildGguf();

async function setUp() {
  const home = await temporaryFolder();
  const interrupt = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = {
    stdout,
    stderr,
    env: { TPU_PILOT_HOME: home },
    runtime: process.execPath,
    entry: 'none',
    interrupted: interrupt.signal,
  };
  const run = async (...words: string[]): Promise<{ out: string; err: string }> => {
    const program = new Command('tpu-pilot').exitOverride();
    program.configureOutput({ writeErr: (text) => void stderr.write(text) });
    registerModelCommands(program, io);
    // exitOverride is inherited only by commands made after it, which these are.
    await program.parseAsync(['model', ...words], { from: 'user' });
    return { out: textOf(stdout), err: textOf(stderr) };
  };
  return { home, interrupt, run };
}

function textOf(stream: PassThrough): string {
  const chunk: unknown = stream.read();
  return Buffer.isBuffer(chunk) ? chunk.toString('utf8') : '';
}

describe('tpu-pilot model', () => {
  it('adds a bmodel with the folder of its tokenizer, and says that nobody has verified it', async () => {
    const { home, run } = await setUp();
    const folder = await temporaryFolder();
    const file = path.join(folder, 'Qwen.bmodel');
    await writeFile(file, buildBmodel());
    await writeFile(path.join(folder, 'tokenizer.json'), '{}');
    const elsewhere = path.relative(process.cwd(), folder);
    const { out } = await run('add', file, '--tokenizer', elsewhere, '--json');
    expect(JSON.parse(out)).toMatchObject({
      id: 'qwen',
      format: 'bmodel',
      path: path.join(home, 'models', 'qwen'),
      verified: false,
    });
    expect((await run('list')).out).toMatch(/CHECK\nqwen .* unverified\n$/u);
  });

  it('pulls, lists, describes and removes a model', async () => {
    const { home, run } = await setUp();
    const hub = await HubServer.start();
    hub.host('/Tiny-Q4_K_M.gguf', gguf);
    const pulled = await run('pull', `${hub.url}/Tiny-Q4_K_M.gguf`, '--alias', 'mine', '--json');
    const model: unknown = JSON.parse(pulled.out);
    expect(model).toMatchObject({
      id: 'tiny-q4_k_m',
      aliases: ['mine'],
      path: path.join(home, 'models', 'tiny-q4_k_m', 'Tiny-Q4_K_M.gguf'),
    });
    expect(pulled.err).toContain('Downloading Tiny-Q4_K_M.gguf');

    expect(JSON.parse((await run('list', '--json')).out)).toEqual({ models: [model] });
    const [heading, row] = (await run('list')).out.split('\n');
    expect(heading).toMatch(/^MODEL +ALIAS +SIZE +PARAMETERS +TYPE +CONTEXT +FILL-IN$/u);
    expect(row).toMatch(/^tiny-q4_k_m +mine +\d+ bytes +12 +Q4_K_M +2048 +no$/u);

    const { out } = await run('info', 'mine');
    expect(out).toContain('Context:       2048 tokens\n');
    expect((await run('remove', 'mine')).out).toBe('Removed mine.\n');
    expect((await run('list')).out).toContain('No models. Get one with');
  });

  it('adds a file in place', async () => {
    const { run } = await setUp();
    const file = path.join(await temporaryFolder(), 'm.gguf');
    await writeFile(file, gguf);
    expect((await run('add', file)).out).toContain(`Path:          ${file}\n`);
  });

  it('uses the home that is named', async () => {
    const { run } = await setUp();
    const other = await temporaryFolder();
    const file = path.join(other, 'm.gguf');
    await writeFile(file, gguf);
    await run('add', file, '--home', other);
    expect((await run('list', '--json')).out).toBe('{"models":[]}\n');
    expect((await run('list', '--json', '--home', other)).out).toContain('"id":"m"');
  });

  it('says which models it skips', async () => {
    const { home, run } = await setUp();
    const file = path.join(home, 'm.gguf');
    await writeFile(file, gguf);
    await run('add', file);
    await writeFile(file, 'changed');
    const { out, err } = await run('list');
    expect(out).toContain('No models.');
    expect(err).toContain(`Skipped m: ${file} has 7 bytes`);
  });

  it.each([
    [['pull'], "missing required argument 'source'"],
    [['pull', 'ftp://x/y'], '"ftp:" is not known'],
    [['pull', 'hf:alone'], 'organization/name'],
    [['pull', 'default', '--alias', '../x'], 'use letters'],
    [['add'], "missing required argument 'path'"],
    [['list', '--wrong'], "unknown option '--wrong'"],
  ])('reports %j as wrong usage', async (words, reason) => {
    const { run } = await setUp();
    const failure: unknown = await run(...words).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommanderError);
    expect(String(failure)).toContain(reason);
  });

  it('fails with the error of the store', async () => {
    const { run } = await setUp();
    await expect(run('info', 'none')).rejects.toMatchObject({ errorName: 'modelNotFound' });
    await expect(run('remove', 'none')).rejects.toMatchObject({ errorName: 'modelNotFound' });
    await expect(run('add', '/none.gguf')).rejects.toMatchObject({ errorName: 'sourceInvalid' });
  });

  it('stops a pull at Ctrl+C', async () => {
    const { interrupt, run } = await setUp();
    const hub = await HubServer.start();
    const { answer, reached } = stallAfter(10);
    hub.host('/m.gguf', gguf, answer);
    const pulling = run('pull', `${hub.url}/m.gguf`);
    pulling.catch(() => undefined);
    await reached;
    interrupt.abort();
    await expect(pulling).rejects.toMatchObject({ errorName: 'cancelled' });
  });

  it('explains the sources in its help', () => {
    let help = '';
    const program = new Command('tpu-pilot').configureOutput({
      writeOut: (text) => (help += text),
    });
    registerModelCommands(program, {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      env: {},
      runtime: '',
      entry: '',
      interrupted: new AbortController().signal,
    });
    program.exitOverride();
    program.commands[0]?.commands.find((command) => command.name() === 'pull')?.outputHelp();
    for (const word of ['default', 'hf:', 'ms:', 'pip:', 'HF_ENDPOINT', '--upgrade', '--home']) {
      expect(help).toContain(word);
    }
  });
});
