/** What a request may ask for besides a suggestion: less of it, more of them, what it extends. */
import { beforeEach, describe, expect, it } from 'vitest';
import { CompletionBench, textsOf } from '../../support/completionBench.ts';
import { fakeModel, fillIn } from '../../support/fakeEngine.ts';

const body = 'def f():\n    ‸';

let bench: CompletionBench;
beforeEach(() => {
  bench = new CompletionBench();
});

describe('maxLines', () => {
  it('ends a suggestion, and the work on it', async () => {
    const answer = bench.ask(body, { maxLines: 2 });
    const call = await bench.engine.nextCall();
    call.write('\n    a = 1\n    b = 2\n    c', ' = 3\n');
    expect(call.signal.aborted).toBe(true);
    expect(textsOf(await answer)).toEqual(['a = 1\n    b = 2']);
  });
});

describe('budgetMs', () => {
  it('ends a suggestion of several lines with its last whole line', async () => {
    const answer = bench.ask(body, { budgetMs: 500 });
    const call = await bench.engine.nextCall();
    call.write('\n    a = 1\n');
    bench.clock.advance(499);
    call.write('    b = 2\n');
    expect(call.signal.aborted).toBe(false);
    bench.clock.advance(1);
    call.write('    c');
    expect(call.signal.aborted).toBe(true);
    expect(textsOf(await answer)).toEqual(['a = 1\n    b = 2']);
  });

  it('counts from the first token, and lets the first line end', async () => {
    const answer = bench.ask(body, { budgetMs: 500 });
    const call = await bench.engine.nextCall();
    bench.clock.advance(10_000);
    call.write('\n    a');
    bench.clock.advance(10_000);
    call.write(' = 1');
    expect(call.signal.aborted).toBe(false);
    call.write('\n');
    expect(textsOf(await answer)).toEqual(['a = 1']);
  });

  it('has a default while typing, and none when asked by hand', async () => {
    const answer = bench.ask(body, { context: { triggerKind: 1 } });
    const call = await bench.engine.nextCall();
    call.write('\n    a = 1\n');
    bench.clock.advance(10_000);
    call.write('    b = 2\n').finish();
    expect(textsOf(await answer)).toEqual(['a = 1\n    b = 2']);
  });
});

describe('alternatives', () => {
  const byHand = { context: { triggerKind: 1 as const }, alternatives: 3 };

  it('come after the greedy one, sampled with seeds of their own, from the same prompt', async () => {
    const answer = bench.ask('x = ‸', byHand);
    const greedy = await bench.engine.nextCall();
    greedy.write(' 1').finish();
    const [one, two] = [await bench.engine.nextCall(), await bench.engine.nextCall()];
    expect([one.prompt, two.prompt]).toEqual([greedy.prompt, greedy.prompt]);
    expect(one.request.sampling).toMatchObject({ temperature: 0.8, seed: 1 });
    expect(two.request.sampling).toMatchObject({ seed: 2 });
    one.write(' 2').finish();
    two.write(' 3').finish();
    expect(textsOf(await answer)).toEqual(['1', '3', '2']);
  });

  async function askThree(): Promise<void> {
    const answer = bench.ask('x = ‸', byHand);
    for (const text of [' foo', ' bar', ' foo']) {
      (await bench.engine.nextCall()).write(text).finish();
    }
    expect(textsOf(await answer)).toEqual(['foo', 'bar']);
  }

  it('are different from each other', askThree);

  it('are each found again when typed', async () => {
    await askThree();
    const typed = bench.ask('x = b‸');
    await expect(typed).resolves.toMatchObject({ cached: true, items: [{ insertText: 'ar' }] });
    expect(textsOf(await bench.ask('x = ‸', { context: { triggerKind: 1 } }))).toEqual(['foo']);
  });

  it('are not made while typing', async () => {
    expect(textsOf(await bench.answer('x = ‸', ' 1', { alternatives: 3 }))).toEqual(['1']);
    expect(bench.engine.calls).toHaveLength(1);
  });

  it('stop when the request is cancelled', async () => {
    const controller = new AbortController();
    const answer = bench.ask('x = ‸', { ...byHand, signal: controller.signal });
    (await bench.engine.nextCall()).write(' 1').finish();
    const other = await bench.engine.nextCall();
    controller.abort();
    expect(other.signal.aborted).toBe(true);
    expect(textsOf(await answer)).toEqual(['1']);
  });

  it('may fail without spoiling the first', async () => {
    const answer = bench.ask('x = ‸', byHand);
    (await bench.engine.nextCall()).write(' 1').finish();
    (await bench.engine.nextCall()).fail(new Error('lost'));
    (await bench.engine.nextCall()).write(' 2').finish();
    expect(textsOf(await answer)).toEqual(['1', '2']);
  });
});

describe('selectedCompletionInfo', () => {
  const range = (from: number, to: number) => ({
    start: { line: 0, character: from },
    end: { line: 0, character: to },
  });

  it('counts as typed, and is part of what is inserted', async () => {
    const answer = bench.ask('x.pu‸', {
      context: { triggerKind: 2, selectedCompletionInfo: { range: range(2, 4), text: 'push' } },
    });
    const call = await bench.engine.nextCall();
    expect(call.prompt).toBe('x.');
    call.write('push(1)').finish();
    await expect(answer).resolves.toMatchObject({
      items: [{ insertText: 'push(1)', range: range(2, 4) }],
    });
  });

  it('gives nothing when the model wants another word', async () => {
    const answer = bench.answer('x.pu‸', 'pull()', {
      context: { triggerKind: 2, selectedCompletionInfo: { range: range(2, 4), text: 'push' } },
    });
    await expect(answer).resolves.toMatchObject({ items: [], fate: 'misfit' });
  });

  it('is ignored where the cursor is not', async () => {
    const answer = bench.answer('x = ‸', ' 1', {
      context: { triggerKind: 2, selectedCompletionInfo: { range: range(0, 1), text: 'yes' } },
    });
    await expect(answer).resolves.toMatchObject({ items: [{ insertText: '1' }] });
  });
});

describe('fillInOrder', () => {
  it('is the model family’s own, or what the request says', async () => {
    bench = new CompletionBench(fakeModel({ fillIn }));
    void bench.ask('x = ‸\ny');
    expect((await bench.engine.nextCall()).prompt).toBe('[70011]\ny[70010]x = [70012]');
    void bench.ask('x = ‸\ny', { fillInOrder: 'prefix-suffix-middle' });
    expect((await bench.engine.nextCall()).prompt).toBe('[70010]x = [70011]\ny[70012]');
  });
});
