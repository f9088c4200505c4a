/** Every request says what became of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { CompletionBench } from '../../support/completionBench.ts';
import { fakeModel, fillIn } from '../../support/fakeEngine.ts';

describe('the fate of a request', () => {
  let bench: CompletionBench;
  beforeEach(() => {
    bench = new CompletionBench();
  });

  it.each([
    ['insideWord', 'fo‸o'],
    ['codeFollows', 'foo(‸, bar)'],
    ['emptyDocument', '‸'],
    ['emptyDocument', '\0\x01\x02‸'],
  ])('is %s, without the device, at %j', async (fate, marked) => {
    await expect(bench.ask(marked)).resolves.toMatchObject({ items: [], fate, cached: false });
    expect(bench.engine.calls).toHaveLength(0);
  });

  it.each([
    ['suggested', 'x = ‸', ' 1'],
    ['nothing', 'foo()‸', '\n'],
    ['nothing', 'x = ‸', ' '],
    ['repetition', 'x = 1\nx‸', ' = 1'],
    ['repetition', 'x = ‸', ` ${'foo.'.repeat(9)}`],
    ['misfit', 'def f():\n    ‸', '\nreturn'],
    ['misfit', 'x = ‸', '\nSure! Here is the code.'],
    ['misfit', 'x = ‸', ' ```'],
  ])('is %s at %j when the model writes %j', async (fate, marked, written) => {
    await expect(bench.answer(marked, written)).resolves.toMatchObject({ fate });
    await bench.settle();
    await expect(bench.ask(marked)).resolves.toMatchObject({ fate, cached: true });
  });

  it('is superseded for a request that a later one makes worthless', async () => {
    const first = bench.ask('x = ‸\ny = 1');
    await bench.engine.nextCall();
    void bench.ask('x = \ny = 1‸');
    await expect(first).resolves.toMatchObject({ items: [], fate: 'superseded' });
  });

  it('is cancelled for one that its client has taken back', async () => {
    const controller = new AbortController();
    const answer = bench.ask('x = ‸', { signal: controller.signal });
    await bench.engine.nextCall();
    controller.abort();
    await expect(answer).resolves.toMatchObject({ items: [], fate: 'cancelled' });
    const late = bench.ask('y = ‸', { signal: AbortSignal.abort() });
    await expect(late).resolves.toMatchObject({ items: [], fate: 'cancelled' });
  });

  it('is deadline when time ran out before there was anything to show', async () => {
    const answer = bench.ask('x = ‸');
    (await bench.engine.nextCall()).finish('deadline');
    await expect(answer).resolves.toMatchObject({ items: [], fate: 'deadline', cached: false });
  });

  it('is deadline, not an error, when time ran out in the queue', async () => {
    const answer = bench.ask('x = ‸');
    (await bench.engine.nextCall()).fail(new PilotError('deadlineExceeded', { deadlineMs: 1 }));
    await expect(answer).resolves.toMatchObject({ items: [], fate: 'deadline' });
  });

  it('is not remembered when the clock decided it', async () => {
    const answer = bench.ask('x = ‸');
    (await bench.engine.nextCall()).finish('deadline');
    await answer;
    await expect(bench.answer('x = ‸', ' 1')).resolves.toMatchObject({ fate: 'suggested' });
  });

  it('is nothing, without the device, behind a suggestion that was typed to its end', async () => {
    await bench.answer('x = ‸', ' foo(a)');
    const typed = bench.ask('x = foo(a)‸');
    await expect(typed).resolves.toMatchObject({ items: [], fate: 'nothing', cached: true });
  });

  it('is open behind one that was cut short', async () => {
    const answer = bench.ask('x = ‸');
    (await bench.engine.nextCall()).write(' foo').finish('length');
    await answer;
    const next = bench.answer('x = foo‸', ' foo(a)');
    await expect(next).resolves.toMatchObject({ fate: 'suggested', cached: false });
  });

  it('knows both sides with a model that fills in', async () => {
    bench = new CompletionBench(fakeModel({ fillIn }));
    await expect(bench.answer('foo(‸, bar)', 'a')).resolves.toMatchObject({ fate: 'suggested' });
  });
});
