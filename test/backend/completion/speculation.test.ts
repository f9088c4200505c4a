import { beforeEach, describe, expect, it } from 'vitest';
import { SPECULATE_AFTER_MS } from '../../../backend/completion/speculation.ts';
import { CompletionBench, textsOf } from '../../support/completionBench.ts';

describe('a suggestion on the screen', () => {
  let bench: CompletionBench;
  beforeEach(() => {
    bench = new CompletionBench();
  });

  async function speculate() {
    bench.shown(await bench.answer('def f(x):\n    y = ‸', ' g(x)'));
    bench.clock.advance(SPECULATE_AFTER_MS);
    return bench.engine.nextCall();
  }

  it('makes the device go on behind it, as a warm-up with few tokens', async () => {
    const call = await speculate();
    expect(call.prompt).toBe('def f(x):\n    y = g(x)');
    expect(call.request).toMatchObject({ class: 'warmup', maxTokens: 32, stop: [] });
  });

  it('has the next one ready when it is accepted', async () => {
    const call = await speculate();
    call.write('\n    return y\n');
    await bench.settle();
    await expect(bench.ask('def f(x):\n    y = g(x)‸')).resolves.toMatchObject({
      items: [{ insertText: '\n    return y' }],
      cached: true,
      fate: 'suggested',
    });
    expect(textsOf(await bench.ask('def f(x):\n    y = g(x)\n    ‸'))).toEqual(['return y']);
    expect(bench.engine.calls).toHaveLength(2);
  });

  it('is found again with the line ends of its document', async () => {
    bench.shown(await bench.answer('if a:\r\n    ‸', '\n    b()\n    c()\n'));
    bench.clock.advance(SPECULATE_AFTER_MS);
    expect((await bench.engine.nextCall()).prompt).toBe('if a:\n    b()\n    c()');
  });

  it('waits until somebody has read it', async () => {
    bench.shown(await bench.answer('x = ‸', ' foo(a)'));
    bench.clock.advance(SPECULATE_AFTER_MS - 1);
    expect(bench.engine.calls).toHaveLength(1);
  });

  it('waits anew after each key that agrees', async () => {
    bench.shown(await bench.answer('x = ‸', ' foo(a)'));
    bench.clock.advance(SPECULATE_AFTER_MS - 1);
    bench.shown(await bench.ask('x = f‸'));
    bench.clock.advance(SPECULATE_AFTER_MS - 1);
    expect(bench.engine.calls).toHaveLength(1);
    bench.clock.advance(1);
    expect((await bench.engine.nextCall()).prompt).toBe('x = foo(a)');
  });

  it('goes on while keys agree, and is not begun a second time', async () => {
    const call = await speculate();
    bench.shown(await bench.ask('def f(x):\n    y = g(‸'));
    bench.clock.advance(SPECULATE_AFTER_MS);
    expect(call.signal.aborted).toBe(false);
    expect(bench.engine.calls).toHaveLength(2);
  });

  it.each([
    ['a key that disagrees', 'def f(x):\n    y = h‸'],
    ['a cursor elsewhere', 'def f(x‸):\n    y = '],
    ['a cursor inside a word', 'de‸f f(x):\n    y = '],
  ])('is stopped by %s', async (_, marked) => {
    const call = await speculate();
    void bench.ask(marked);
    expect(call.signal.aborted).toBe(true);
  });

  it('is stopped when the document closes, or the connection', async () => {
    const call = await speculate();
    bench.service.forget('one');
    expect(call.signal.aborted).toBe(true);
  });

  it('gives what it has written to a request that comes in the middle', async () => {
    const ahead = await speculate();
    ahead.write('\n    ret');
    const answer = bench.ask('def f(x):\n    y = g(x)\n    ‸');
    expect(ahead.signal.aborted).toBe(true);
    const call = await bench.engine.nextCall();
    expect(call.request.class).toBe('completion');
    expect(call.prompt).toBe('def f(x):\n    y = g(x)\n    ret');
    call.write('urn y\n');
    expect(textsOf(await answer)).toEqual(['return y']);
  });

  it('is waited for where nothing else follows', async () => {
    const ahead = await speculate();
    ahead.write('\n    ret');
    const answer = bench.ask('def f(x):\n    y = g(x)‸');
    (await bench.engine.nextCall()).write('urn y\n');
    expect(textsOf(await answer)).toEqual(['\n    return y']);
  });

  it('is ignored when it is none of ours', () => {
    bench.service.shown(
      {
        textDocument: { uri: 'file:///a' },
        position: { line: 0, character: 0 },
        insertText: 'x',
      },
      'one',
    );
    bench.clock.advance(SPECULATE_AFTER_MS);
    expect(bench.engine.calls).toHaveLength(0);
  });

  it('leaves no trace when the device fails', async () => {
    (await speculate()).fail(new Error('lost'));
    const answer = bench.answer('def f(x):\n    y = g(x)\n    ‸', '\n    return y\n');
    expect(textsOf(await answer)).toEqual(['return y']);
  });

  it('gives way to a request that is running', async () => {
    const shown = await bench.answer('x = ‸', ' foo');
    void bench.ask('y = ‸');
    await bench.engine.nextCall();
    bench.shown(shown);
    bench.clock.advance(SPECULATE_AFTER_MS);
    expect(bench.engine.calls).toHaveLength(2);
  });
});
