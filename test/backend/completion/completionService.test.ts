import { beforeEach, describe, expect, it } from 'vitest';
import {
  CompletionService,
  type CompletionOptions,
} from '../../../backend/completion/completionService.ts';
import {
  InlineCompletionParams,
  type InlineCompletionResult,
} from '../../../backend/protocol/documents.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { documentAt } from '../../support/cursorAt.ts';
import { FakeEngine, fakeModel, fillIn } from '../../support/fakeEngine.ts';

const never = new AbortController().signal;

describe('CompletionService', () => {
  let engine: FakeEngine;
  let service: CompletionService;

  function use(model = fakeModel(), options: Partial<CompletionOptions> = {}): void {
    engine = new FakeEngine(model);
    service = new CompletionService(engine, options);
  }

  interface Request extends Partial<InlineCompletionParams> {
    readonly owner?: string;
    readonly signal?: AbortSignal;
  }

  function ask(
    marked: string,
    { owner = 'one', signal = never, ...changes }: Request = {},
  ): Promise<InlineCompletionResult> {
    const { document, position } = documentAt(marked);
    const params = InlineCompletionParams.parse({
      textDocument: { uri: document.uri },
      position,
      ...changes,
    });
    return service.complete(document, params, signal, owner);
  }

  const textOf = (result: InlineCompletionResult): string | undefined =>
    result.items[0]?.insertText;

  beforeEach(() => use());

  it('asks greedily, in class completion, with a deadline and few tokens', async () => {
    const answer = ask('x =‸');
    const call = await engine.nextCall();
    expect(call.request).toMatchObject({
      class: 'completion',
      maxTokens: 64,
      deadlineMs: 10_000,
      sampling: { temperature: 0 },
      stop: ['\n'],
    });
    expect(call.prompt).toBe('x =');
    call.write(' 1').finish();
    await expect(answer).resolves.toEqual({
      items: [
        {
          insertText: ' 1',
          range: { start: { line: 0, character: 3 }, end: { line: 0, character: 3 } },
        },
      ],
      fate: 'suggested',
      mode: 'prefix',
      model: 'fake',
      cached: false,
      timings: expect.objectContaining({ generatedTokens: 2 }) as unknown,
    });
  });

  it('lets the request choose tokens and deadline', async () => {
    const answer = ask('x =‸', { maxTokens: 5, deadlineMs: 100 });
    const call = await engine.nextCall();
    expect(call.request).toMatchObject({ maxTokens: 5, deadlineMs: 100 });
    call.finish();
    await answer;
  });

  it('fills in where the model can', async () => {
    use(fakeModel({ fillIn }));
    const answer = ask('x = ‸\ny = x');
    const call = await engine.nextCall();
    expect(call.prompt).toBe('[70011]\ny = x[70010]x = [70012]');
    call.write('1').finish();
    await expect(answer).resolves.toMatchObject({ mode: 'fill-in' });
  });

  it('answers with the document’s line ends', async () => {
    const answer = ask('def f():\r\n    ‸');
    (await engine.nextCall()).write('\n    a = 1\n    return a').finish();
    expect(textOf(await answer)).toBe('a = 1\r\n    return a');
  });

  it('does not ask inside a word', async () => {
    await expect(ask('fo‸o')).resolves.toMatchObject({ items: [], cached: false });
    expect(engine.calls).toHaveLength(0);
  });

  it('stops the device as soon as it has enough', async () => {
    const answer = ask('def f():\n    ‸');
    const call = await engine.nextCall();
    call.write('\n    return 1\n', 'def ', 'g');
    expect(call.signal.aborted).toBe(true);
    expect(textOf(await answer)).toBe('return 1');
  });

  it('answers typing through a suggestion without the device', async () => {
    const answer = ask('x = ‸');
    (await engine.nextCall()).write(' foo(a, b)').finish();
    expect(textOf(await answer)).toBe('foo(a, b)');
    const typed = await ask('x = fo‸');
    expect(typed).toMatchObject({ cached: true, items: [{ insertText: 'o(a, b)' }] });
    expect(typed.timings).toBeUndefined();
    expect(engine.calls).toHaveLength(1);
  });

  it('remembers that there was nothing to suggest', async () => {
    const answer = ask('import os‸');
    (await engine.nextCall()).finish();
    await expect(answer).resolves.toMatchObject({ items: [], cached: false });
    await expect(ask('import os‸')).resolves.toMatchObject({ items: [], cached: true });
  });

  it('keeps connections apart', async () => {
    const answer = ask('x = ‸');
    (await engine.nextCall()).write(' 1').finish();
    await answer;
    const other = ask('x = ‸', { owner: 'two' });
    (await engine.nextCall()).write(' 2').finish();
    await expect(other).resolves.toMatchObject({ cached: false, items: [{ insertText: '2' }] });
  });

  it('lets a request that types what is being written wait for the same generation', async () => {
    const first = ask('x = ‸');
    const call = await engine.nextCall();
    call.write(' fo');
    const second = ask('x = foo‸');
    call.write('o(a)').finish();
    expect(textOf(await first)).toBe('foo(a)');
    expect(textOf(await second)).toBe('(a)');
    expect(engine.calls).toHaveLength(1);
  });

  it('asks anew when the writing parts from what was typed', async () => {
    const first = ask('x = ‸');
    const call = await engine.nextCall();
    const second = ask('x = ba‸');
    call.write(' foo');
    const next = await engine.nextCall();
    expect(next.prompt).toBe('x =');
    next.write(' bar').finish();
    expect(textOf(await second)).toBe('r');
    await expect(first).resolves.toMatchObject({ items: [] });
    expect(call.signal.aborted).toBe(true);
  });

  it('cancels a request that a later one elsewhere makes worthless', async () => {
    const first = ask('x = ‸\ny = 1');
    const call = await engine.nextCall();
    const second = ask('x = \ny = 1‸');
    await expect(first).resolves.toMatchObject({ items: [] });
    expect(call.signal.aborted).toBe(true);
    (await engine.nextCall()).write(' 10').finish();
    expect(textOf(await second)).toBe('0');
  });

  it('stops the device at once when the client cancels', async () => {
    const controller = new AbortController();
    const answer = ask('x = ‸', { signal: controller.signal });
    const call = await engine.nextCall();
    controller.abort();
    expect(call.signal.aborted).toBe(true);
    await expect(answer).resolves.toMatchObject({ items: [] });
  });

  it('goes on where a cancelled request stopped, when its suggestion is typed', async () => {
    const controller = new AbortController();
    const first = ask('x = ‸', { signal: controller.signal });
    (await engine.nextCall()).write(' foo(');
    controller.abort();
    await first;
    const second = ask('x = fo‸');
    const call = await engine.nextCall();
    expect(call.prompt).toBe('x = foo(');
    call.write('a)').finish();
    expect(textOf(await second)).toBe('o(a)');
  });

  it('keeps a generation running while one of two requests waits', async () => {
    const controller = new AbortController();
    const first = ask('x = ‸', { signal: controller.signal });
    const call = await engine.nextCall();
    const second = ask('x = ‸');
    controller.abort();
    await first;
    call.write(' 1').finish();
    expect(textOf(await second)).toBe('1');
  });

  it('gives out what there is at the deadline, and goes on from there the next time', async () => {
    const answer = ask('x = ‸');
    (await engine.nextCall()).write(' foo').finish('deadline');
    expect(textOf(await answer)).toBe('foo');
    const again = ask('x = ‸');
    const call = await engine.nextCall();
    expect(call.prompt).toBe('x = foo');
    call.write('()').finish();
    expect(textOf(await again)).toBe('foo()');
  });

  it('passes the engine’s errors on, and works afterwards', async () => {
    const answer = ask('x = ‸');
    (await engine.nextCall()).fail(new PilotError('overloaded', { waiting: 9 }));
    await expect(answer).rejects.toMatchObject({ errorName: 'overloaded' });
    const again = ask('x = ‸');
    (await engine.nextCall()).write(' 1').finish();
    expect(textOf(await again)).toBe('1');
  });

  it('bounds the prompt of a huge line', async () => {
    use(fakeModel({}, 2048));
    const answer = ask(`${'x'.repeat(1_000_000)} =‸`);
    const call = await engine.nextCall();
    expect(call.request.prompt.length).toBeLessThanOrEqual(1024);
    expect(call.prompt.endsWith('x =')).toBe(true);
    call.finish();
    await answer;
  });

  it('forgets a closed document and stops its generation', async () => {
    const answer = ask('x = ‸');
    (await engine.nextCall()).write(' 1').finish();
    await answer;
    const running = ask('y = ‸');
    const call = await engine.nextCall();
    service.forget('one', 'file:///a');
    expect(call.signal.aborted).toBe(true);
    await expect(running).resolves.toMatchObject({ items: [] });
    const again = ask('x = ‸');
    (await engine.nextCall()).write(' 1').finish();
    await expect(again).resolves.toMatchObject({ cached: false });
  });
});
