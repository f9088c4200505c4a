import { beforeEach, describe, expect, it } from 'vitest';
import { ChatService } from '../../../backend/chat/chatService.ts';
import type { ChatMessage, ChatProgress, ChatResult } from '../../../backend/protocol/chat.ts';
import { ChatParams } from '../../../backend/protocol/chat.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { FakeEngine, fakeModel } from '../../support/fakeEngine.ts';

const never = new AbortController().signal;
const question: ChatMessage = { role: 'user', content: 'Why?' };

describe('ChatService', () => {
  let engine: FakeEngine;
  let service: ChatService;
  let progress: ChatProgress[];

  function ask(params: Partial<ChatParams> = {}, signal = never): Promise<ChatResult> {
    return service.complete(
      ChatParams.parse({ messages: [question], ...params }),
      (part) => progress.push(part),
      signal,
    );
  }

  const streamed = (kind: 'text' | 'thinking'): string =>
    progress.map((part) => (part.kind === kind ? part.text : '')).join('');
  const notices = (): string[] =>
    progress.flatMap((part) => (part.kind === 'notice' ? [part.message] : []));

  function use(model = fakeModel()): void {
    engine = new FakeEngine(model);
    service = new ChatService(engine);
    progress = [];
  }

  beforeEach(() => use());

  it('streams the parts that the result joins', async () => {
    const answer = ask();
    (await engine.nextCall()).write('<think>', 'hm', '</think>', '\n\nBec', 'ause.\n').finish();
    await expect(answer).resolves.toMatchObject({
      text: 'Because.',
      thinking: 'hm',
      finishReason: 'stop',
      model: 'fake',
    });
    expect(streamed('text')).toBe('Because.');
    expect(streamed('thinking')).toBe('hm');
  });

  it('asks as a chat, for all that fits, and ends at turn markers', async () => {
    const answer = ask();
    const call = await engine.nextCall();
    expect(call.prompt).toBe('[70001]user\nWhy?[70002]\n[70001]assistant\n');
    expect(call.request).toMatchObject({
      class: 'chat',
      maxTokens: 4096 - call.request.prompt.length,
      stop: ['<|im_start|>', '<|im_end|>'],
    });
    call.finish();
    await answer;
  });

  it('lets the request decide over class, sampling, stop, length and deadline', async () => {
    const answer = ask({
      class: 'agent',
      sampling: { temperature: 0, seed: 7 },
      stop: ['END'],
      maxTokens: 5,
      deadlineMs: 1000,
    });
    const call = await engine.nextCall();
    expect(call.request).toMatchObject({ class: 'agent', maxTokens: 5, deadlineMs: 1000 });
    expect(call.request.sampling).toMatchObject({ temperature: 0, seed: 7 });
    expect(call.request.stop).toContain('END');
    call.finish('length');
    await expect(answer).resolves.toMatchObject({ finishReason: 'length' });
  });

  it('ends an answer that repeats itself, and says so', async () => {
    const answer = ask();
    const call = await engine.nextCall();
    for (let copy = 0; copy < 100 && !call.signal.aborted; copy++) call.write('I am a model. ');
    await expect(answer).resolves.toMatchObject({ finishReason: 'length' });
    expect(notices()).toEqual([expect.stringContaining('repeat itself')]);
  });

  it('keeps the text so far when the client cancels', async () => {
    const controller = new AbortController();
    const answer = ask({}, controller.signal);
    (await engine.nextCall()).write('Beca');
    controller.abort();
    await expect(answer).resolves.toMatchObject({ text: 'Beca', finishReason: 'cancelled' });
  });

  it('passes the engine’s notices and errors on', async () => {
    const answer = ask();
    const call = await engine.nextCall();
    call.listener.onNotice?.('The device restarts.');
    call.fail(new PilotError('deviceLost', { device: 'cpu', reason: 'gone' }));
    await expect(answer).rejects.toMatchObject({ errorName: 'deviceLost' });
    expect(notices()).toEqual(['The device restarts.']);
  });

  it('leaves the oldest turns out of a conversation that is too long, but not the system', async () => {
    use(fakeModel({}, 512));
    const messages: ChatMessage[] = [{ role: 'system', content: 'Be brief.' }];
    for (let turn = 0; turn < 20; turn++) {
      messages.push({ role: 'user', content: `question ${turn} ${'x'.repeat(60)}` });
      messages.push({ role: 'assistant', content: `answer ${turn}` });
    }
    const answer = ask({ messages: [...messages, question] });
    const call = await engine.nextCall();
    expect(call.prompt).toContain('Be brief.');
    expect(call.prompt).toContain('Why?');
    expect(call.prompt).not.toContain('question 0 ');
    expect(call.request.prompt.length).toBeLessThanOrEqual(512 * 0.75);
    expect(call.request.prompt.length).toBeGreaterThan(512 / 4);
    call.finish();
    await answer;
    expect(notices()).toEqual([expect.stringMatching(/oldest \d+ messages were left out/)]);
  });

  it('begins the next prompts of a long conversation with the same words', async () => {
    use(fakeModel({}, 2048));
    const messages: ChatMessage[] = [];
    const starts = new Set<string>();
    for (let turn = 0; turn < 60; turn++) {
      messages.push({ role: 'user', content: `question ${turn} ${'x'.repeat(60)}` });
      const answer = ask({ messages });
      const call = await engine.nextCall();
      starts.add(call.prompt.slice(0, 30));
      call.finish();
      await answer;
      messages.push({ role: 'assistant', content: `answer ${turn}` });
    }
    // 60 turns of about 110 tokens: the whole window would be new at each turn without the grid.
    expect(starts.size).toBeLessThan(10);
  });

  it.each([
    ['by its tokens', 'x'.repeat(600)],
    ['by its size alone', 'x'.repeat(200_000)],
  ])('refuses a question that cannot fit, %s', async (_, content) => {
    use(fakeModel({}, 512));
    const answer = ask({ messages: [{ role: 'user', content }] });
    await expect(answer).rejects.toMatchObject({ errorName: 'promptTooLong' });
    expect(engine.calls).toHaveLength(0);
  });

  it('answers a question that takes nearly all of the context', async () => {
    use(fakeModel({}, 512));
    const answer = ask({ messages: [{ role: 'user', content: 'x'.repeat(420) }] });
    (await engine.nextCall()).write('Yes.').finish();
    await expect(answer).resolves.toMatchObject({ text: 'Yes.' });
  });
});
