import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { registerChatCommand } from '../../../backend/cli/chat.ts';
import type { TerminalInput } from '../../../backend/cli/chatLoop.ts';
import { run } from '../../../backend/cli/run.ts';
import { CommandOutput } from '../../support/commandOutput.ts';
import { startBackend } from '../../support/startBackend.ts';

async function setUp() {
  const { home, engine } = await startBackend();
  const output = new CommandOutput(home);
  const chat = async (words: string[], stdin: TerminalInput = piped('')): Promise<number> =>
    run(['chat', ...words], output.io, (program) => {
      registerChatCommand(program, output.io, stdin);
    });
  return { engine, output, chat };
}

function piped(text: string): TerminalInput {
  return Object.assign(new PassThrough(), { isTTY: false }).end(text);
}

describe('tpu-pilot chat', () => {
  it('streams the answer to stdout', async () => {
    const { engine, output, chat } = await setUp();
    const code = chat(['What', 'is', 'it?']);
    const call = await engine.nextCall();
    expect(call.prompt).toContain('user\nWhat is it?[');
    call.write('A ');
    await output.stdout.until('A');
    call.write('test.').finish();
    expect(await code).toBe(0);
    expect(output.stdout.text).toBe('A test.\n');
  });

  it('passes its options on', async () => {
    const { engine, chat } = await setUp();
    const options = ['--system', 'Be brief.', '--max-tokens', '7', '--temperature', '0.5'];
    const code = chat([...options, '--seed', '9', '--model', 'fake', 'Hi']);
    const call = await engine.nextCall();
    expect(call.prompt).toContain('system\nBe brief.[');
    expect(call.request.maxTokens).toBe(7);
    expect(call.request.sampling).toMatchObject({ temperature: 0.5, seed: 9 });
    call.write('Hello').finish('length');
    expect(await code).toBe(0);
  });

  it('reads the question from stdin when it is no terminal', async () => {
    const { engine, chat } = await setUp();
    const code = chat([], piped('Piped?\n'));
    const call = await engine.nextCall();
    expect(call.prompt).toContain('user\nPiped?[');
    call.finish();
    expect(await code).toBe(0);
  });

  it('prints one line of JSON with --json', async () => {
    const { engine, output, chat } = await setUp();
    const code = chat(['--json', 'Hi']);
    (await engine.nextCall()).write('<think>hm</think>Hello').finish();
    expect(await code).toBe(0);
    expect(output.stdout.text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(output.stdout.text)).toMatchObject({
      text: 'Hello',
      thinking: 'hm',
      finishReason: 'stop',
    });
  });

  it('shows thinking, notices and what cut the answer off on stderr', async () => {
    const { engine, output, chat } = await setUp();
    const code = chat(['Hi']);
    const call = await engine.nextCall();
    call.write('<think>hm</think>');
    call.listener.onNotice?.('The device restarts.');
    call.write('Hel').finish('length');
    expect(await code).toBe(0);
    expect(output.stdout.text).toBe('Hel\n');
    expect(output.stderr.text).toMatch(/^hm\n\nThe device restarts\.\n.*cut off.*\n$/s);
  });

  it('gives one reason only for the end of an answer that repeats itself', async () => {
    const { engine, output, chat } = await setUp();
    const code = chat(['Hi']);
    const call = await engine.nextCall();
    while (!call.signal.aborted) call.write('I am a model. ');
    expect(await code).toBe(0);
    expect(output.stderr.text).toMatch(/^.*repeat itself\.\n$/);
  });

  it('cancels the answer on Ctrl+C, and fails', async () => {
    const { engine, output, chat } = await setUp();
    const code = chat(['Hi']);
    const call = await engine.nextCall();
    call.write('Hel');
    await output.stdout.until('Hel');
    output.interrupt();
    expect(await code).toBe(1);
    expect(call.signal.aborted).toBe(true);
    expect(output.stdout.text).toBe('Hel\n');
    expect(output.stderr.text).toContain('cancelled');
  });

  it.each([
    ['no question', ['  ']],
    ['an empty stdin', []],
    ['a wrong number', ['--max-tokens', 'many', 'Hi']],
    ['a temperature out of range', ['--temperature', '9', 'Hi']],
    ['an unknown option', ['--wrong', 'Hi']],
  ])('reports %s as wrong usage', async (_, words) => {
    const output = new CommandOutput('nowhere');
    const code = await run(['chat', ...words], output.io, (program) => {
      registerChatCommand(program, output.io, piped(''));
    });
    expect(code).toBe(2);
    expect(output.stderr.text).toContain('error:');
  });

  it('reports an unknown model by its code', async () => {
    const { output, chat } = await setUp();
    expect(await chat(['--json', '--model', 'none', 'Hi'])).toBe(1);
    expect(JSON.parse(output.stderr.text)).toMatchObject({ error: { name: 'modelNotFound' } });
  });
});

describe('tpu-pilot chat on a terminal', () => {
  async function setUpTerminal() {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const { engine, output, chat } = await setUp();
    const code = chat([], stdin);
    await output.stderr.until('> ');
    return { stdin, engine, output, code };
  }

  it('remembers the conversation until its input ends', async () => {
    const { stdin, engine, output, code } = await setUpTerminal();
    stdin.write('One?\r');
    (await engine.nextCall()).write('1').finish();
    stdin.write('Two?\r');
    const call = await engine.nextCall();
    expect(call.prompt).toMatch(/One\?.*1.*Two\?/s);
    call.write('2').finish();
    await output.stdout.until('2');
    stdin.end('\u0004');
    expect(await code).toBe(0);
    expect(output.stdout.text).toBe('1\n2\n');
  });

  it('ends an answer on Ctrl+C, forgets its question and goes on', async () => {
    const { stdin, engine, output, code } = await setUpTerminal();
    stdin.write('One?\r');
    (await engine.nextCall()).write('on');
    await output.stdout.until('on');
    stdin.write('\u0003');
    await output.stderr.until('Cancelled.');
    stdin.write('Two?\r');
    const call = await engine.nextCall();
    expect(call.prompt).not.toContain('One?');
    call.write('2').finish();
    stdin.end('\u0004');
    expect(await code).toBe(0);
    expect(output.stdout.text).toBe('on\n2\n');
  });

  it('ends on Ctrl+C at the prompt', async () => {
    const { stdin, code } = await setUpTerminal();
    stdin.write('\u0003');
    expect(await code).toBe(0);
  });
});
