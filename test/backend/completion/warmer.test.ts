import { beforeEach, describe, expect, it } from 'vitest';
import { Warmer } from '../../../backend/completion/warmer.ts';
import { CompletionBench } from '../../support/completionBench.ts';
import { ManualClock } from '../../support/manualClock.ts';

describe('Warmer', () => {
  let clock: ManualClock;
  let busy: boolean;
  let errors: unknown[];
  let runs: { readonly name: string; readonly signal: AbortSignal }[];
  let warmer: Warmer;
  beforeEach(() => {
    clock = new ManualClock();
    busy = false;
    errors = [];
    runs = [];
    warmer = new Warmer({
      clock,
      isBusy: () => busy,
      onError: (error) => errors.push(error),
    });
  });

  const ask = (owner: string, name: string): void =>
    warmer.ask(owner, name, (signal) => {
      runs.push({ name, signal });
      return Promise.resolve();
    });
  const names = (): string[] => runs.map(({ name }) => name);

  it('runs the first at once, and the next a second later', () => {
    ask('one', 'a');
    clock.advance(0);
    ask('one', 'b');
    clock.advance(999);
    expect(names()).toEqual(['a']);
    clock.advance(1);
    expect(names()).toEqual(['a', 'b']);
  });

  it('runs the newest alone, and stops the one before', () => {
    ask('one', 'a');
    clock.advance(0);
    for (const name of ['b', 'c', 'd']) ask('one', name);
    expect(runs[0]?.signal.aborted).toBe(true);
    clock.advance(1000);
    expect(names()).toEqual(['a', 'd']);
  });

  it('counts each connection for itself', () => {
    ask('one', 'a');
    ask('two', 'b');
    clock.advance(0);
    expect(names()).toEqual(['a', 'b']);
  });

  it('waits while somebody waits for the device, and gives up after ten seconds', () => {
    busy = true;
    ask('one', 'a');
    clock.advance(5000);
    expect(runs).toEqual([]);
    busy = false;
    clock.advance(1000);
    expect(names()).toEqual(['a']);
    busy = true;
    ask('one', 'b');
    clock.advance(60_000);
    busy = false;
    clock.advance(60_000);
    expect(names()).toEqual(['a']);
  });

  it('is cancelled for a document, or a connection', () => {
    ask('one', 'a');
    warmer.cancel('one', 'b');
    clock.advance(0);
    expect(names()).toEqual(['a']);
    warmer.cancel('one', 'a');
    expect(runs[0]?.signal.aborted).toBe(true);
    warmer.forget('one');
    ask('one', 'b');
    clock.advance(0);
    expect(names()).toEqual(['a', 'b']);
  });

  it('tells errors to the log', async () => {
    const error = new Error('lost');
    warmer.ask('one', 'a', () => Promise.reject(error));
    clock.advance(0);
    await Promise.resolve();
    await Promise.resolve();
    expect(errors).toEqual([error]);
  });
});

describe('completion/warm', () => {
  let bench: CompletionBench;
  beforeEach(() => {
    bench = new CompletionBench();
  });

  it('computes the prompt at the cursor, without an answer', async () => {
    bench.warm('def f():\n    ‸');
    bench.clock.advance(0);
    const call = await bench.engine.nextCall();
    expect(call.prompt).toBe('def f():\n    ');
    expect(call.request).toMatchObject({ class: 'warmup', maxTokens: 0 });
  });

  it('puts the same texts first as a request does', async () => {
    const related = [{ kind: 'file' as const, name: 'b.py', text: 'def g(): pass' }];
    bench.warm('x = ‸', { related });
    bench.clock.advance(0);
    const warmed = await bench.engine.nextCall();
    void bench.ask('x = g(‸', { related });
    expect((await bench.engine.nextCall()).prompt.startsWith(warmed.prompt.trimEnd())).toBe(true);
  });

  it('is stopped by the connection’s next request', async () => {
    bench.warm('x = ‸');
    bench.clock.advance(0);
    const call = await bench.engine.nextCall();
    void bench.ask('x = 1 + ‸');
    expect(call.signal.aborted).toBe(true);
  });

  it('has nothing to do in an empty document', async () => {
    bench.warm('‸');
    bench.clock.advance(0);
    await Promise.resolve();
    expect(bench.engine.calls).toHaveLength(0);
  });

  it('keeps its errors for the log', async () => {
    bench.warm('x = ‸', { model: 'none' });
    bench.clock.advance(0);
    await Promise.resolve();
    await Promise.resolve();
    expect(bench.logged).toMatchObject([{ err: { errorName: 'modelNotFound' } }]);
  });
});
