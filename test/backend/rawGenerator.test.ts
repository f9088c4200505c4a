import { describe, expect, it } from 'vitest';
import type { ChatProgress } from '../../backend/protocol/chat.ts';
import { RawParams } from '../../backend/protocol/rawGeneration.ts';
import { RawGenerator } from '../../backend/rawGenerator.ts';
import { errorOf } from '../support/engineBench.ts';
import { FakeEngine, fakeModel, special } from '../support/fakeEngine.ts';

const never = new AbortController().signal;

describe('RawGenerator', () => {
  it('gives the text to the model as it is, greedy and at leisure', async () => {
    const engine = new FakeEngine();
    const progress: ChatProgress[] = [];
    const result = new RawGenerator(engine).generate(
      { prompt: '<|im_start|>hi' },
      (part) => progress.push(part),
      never,
    );
    const call = await engine.nextCall();
    expect(call.prompt).toBe('<|im_start|>hi');
    expect(call.request).toMatchObject({
      class: 'batch',
      maxTokens: 128,
      sampling: { temperature: 0 },
      stop: [],
    });
    call.write('a', 'b').listener.onNotice?.('the device restarts');
    call.finish('length');
    expect(await result).toMatchObject({
      tokens: [97, 98],
      text: 'ab',
      finishReason: 'length',
      model: 'fake',
      timings: { promptTokens: 14 },
    });
    expect(progress).toEqual([
      { kind: 'text', text: 'a' },
      { kind: 'text', text: 'b' },
      { kind: 'notice', message: 'the device restarts' },
    ]);
  });

  it('takes tokens as they are, and what the request says of the rest', async () => {
    const engine = new FakeEngine(fakeModel({ addBos: true }));
    const generator = new RawGenerator(engine);
    const options = { class: 'chat', maxTokens: 3, deadlineMs: 5, overflow: 'slide' } as const;
    const sampling = { temperature: 1, seed: 7 };
    const params = { ...options, stop: ['x'], sampling };
    void generator.generate({ ...params, tokens: [special.start, 104] }, () => undefined, never);
    const call = await engine.nextCall();
    expect([...call.request.prompt]).toEqual([special.start, 104]);
    expect(call.request).toMatchObject(params);
    void generator.generate({ prompt: 'h' }, () => undefined, never);
    expect((await engine.nextCall()).prompt).toBe(`[${special.bos}]h`);
  });

  it('says once that a model without logits cannot be asked for a temperature', async () => {
    const engine = new FakeEngine(fakeModel({ isGreedy: true }));
    const progress: ChatProgress[] = [];
    const params = { prompt: 'hi', sampling: { temperature: 0.7, seed: 1 } };
    const result = new RawGenerator(engine).generate(params, (part) => progress.push(part), never);
    (await engine.nextCall()).write('a').finish();
    await result;
    expect(progress).toEqual([
      { kind: 'notice', message: expect.stringContaining('always takes the likeliest') as string },
      { kind: 'text', text: 'a' },
    ]);
  });

  it('says nothing of it to who asked for the likeliest', async () => {
    const engine = new FakeEngine(fakeModel({ isGreedy: true }));
    const progress: ChatProgress[] = [];
    const result = new RawGenerator(engine).generate(
      { prompt: 'hi' },
      (part) => progress.push(part),
      never,
    );
    (await engine.nextCall()).finish();
    await result;
    expect(progress).toEqual([]);
  });

  it('names the vocabulary when it does not have a token', async () => {
    const generator = new RawGenerator(new FakeEngine());
    const generate = (token: number): Promise<unknown> =>
      generator.generate({ tokens: [1, token] }, () => undefined, never);
    await expect(generate(80_000)).rejects.toMatchObject({
      errorName: 'invalidParams',
      message: expect.stringContaining(
        'no token 80000: the vocabulary of fake has 0 to 79999',
      ) as string,
    });
    const unknown = generator.generate({ model: 'x', prompt: 'a' }, () => undefined, never);
    expect(await errorOf(unknown)).toBe('modelNotFound');
  });
});

describe('the parameters of generate/raw', () => {
  it.each([
    ['neither', {}],
    ['both', { prompt: 'a', tokens: [1] }],
    ['an empty prompt', { prompt: '' }],
    ['no tokens', { tokens: [] }],
    ['a negative token', { tokens: [-1] }],
    ['half a token', { tokens: [0.5] }],
  ])('are not %s', (_, params) => {
    expect(RawParams.safeParse(params).success).toBe(false);
  });
});
