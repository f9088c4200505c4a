import { beforeEach, describe, expect, it } from 'vitest';
import { ChatService } from '../../../backend/chat/chatService.ts';
import type { ChatMessage, ChatProgress, ChatResult } from '../../../backend/protocol/chat.ts';
import { ChatParams } from '../../../backend/protocol/chat.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { FakeEngine, fakeModel } from '../../support/fakeEngine.ts';
import { hermesTemplate, listFiles, readFile } from '../../support/toolTemplates.ts';

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

  it('says that a model without logits cannot do what the request asks for', async () => {
    use(fakeModel({ isGreedy: true }));
    const answer = ask({ sampling: { temperature: 0.9 } });
    (await engine.nextCall()).finish();
    await answer;
    expect(notices()).toEqual([expect.stringContaining('always takes the likeliest')]);
  });

  it('says nothing of its own temperature, which the request did not name', async () => {
    use(fakeModel({ isGreedy: true }));
    const answer = ask();
    const call = await engine.nextCall();
    expect(call.request.sampling.temperature).toBeGreaterThan(0);
    call.finish();
    await answer;
    expect(notices()).toEqual([]);
  });

  it('samples as the authors of the model recommend, and as the request asks', async () => {
    const sampling = { temperature: 0.6, topK: 20, topP: 0.95, minP: 0, repetitionPenalty: 1 };
    use(fakeModel({ sampling }));
    const answer = ask({ sampling: { topK: 5 } });
    const call = await engine.nextCall();
    expect(call.request.sampling).toEqual({ ...sampling, topK: 5 });
    call.finish();
    await answer;
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

  it('lets an answer outgrow the context only when the request says so', async () => {
    for (const overflow of ['slide', 'stop'] as const) {
      const answer = ask({ maxTokens: 9000, overflow });
      const call = await engine.nextCall();
      const room = 4096 - call.request.prompt.length;
      const maxTokens = overflow === 'slide' ? 9000 : room;
      expect(call.request).toMatchObject({ overflow, maxTokens });
      call.finish();
      await answer;
    }
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

  describe('with tools', () => {
    const answerOf = '<tool_call>\n{"name": "list_files", "arguments": {}}\n</tool_call>';

    beforeEach(() => use(fakeModel({ chatTemplate: hermesTemplate }, 4096)));

    it('streams calls whole, between text', async () => {
      const answer = ask({ tools: [readFile, listFiles] });
      const call = await engine.nextCall();
      expect(call.prompt).toContain('"name": "read_file"');
      expect(call.request.stop).toContain('<tool_response>');
      call.write('I look.\n', ...answerOf.split('')).finish();
      const { text, toolCalls, finishReason } = await answer;
      expect({ text, finishReason }).toEqual({ text: 'I look.', finishReason: 'stop' });
      expect(toolCalls).toEqual([
        { id: expect.stringMatching(/^call_/) as string, name: 'list_files', arguments: {} },
      ]);
      expect(progress).toEqual([
        { kind: 'text', text: 'I look.' },
        { kind: 'toolCall', call: toolCalls?.[0] },
      ]);
    });

    it('writes the head of a call itself when the answer must be one', async () => {
      const answer = ask({ tools: [listFiles], toolChoice: 'required' });
      const call = await engine.nextCall();
      expect(call.prompt.endsWith('<tool_call>\n{"name": "list_files", "')).toBe(true);
      call.write('arguments": {}}\n</tool_call>').finish();
      await expect(answer).resolves.toMatchObject({
        text: '',
        toolCalls: [{ name: 'list_files' }],
      });
    });

    it('makes no call of one that was cut off', async () => {
      const answer = ask({ tools: [listFiles] });
      (await engine.nextCall()).write(answerOf.slice(0, -16)).finish('length');
      const result = await answer;
      expect(result).not.toHaveProperty('toolCalls');
      expect(result.text).toContain('list_files');
    });

    it('answers in text when the model cannot call tools, and says so', async () => {
      use();
      const answer = ask({ tools: [listFiles] });
      const call = await engine.nextCall();
      expect(call.prompt).not.toContain('list_files');
      call.write('Hello.').finish();
      await expect(answer).resolves.toMatchObject({ text: 'Hello.' });
      expect(notices()).toEqual([expect.stringContaining('answers without tools')]);
    });

    it('leaves tools out that do not fit, and says how many', async () => {
      const tools = Array.from({ length: 40 }, (_, index) => ({
        name: `tool_${index}`,
        description: 'x'.repeat(400),
      }));
      const answer = ask({ tools });
      const call = await engine.nextCall();
      expect(call.prompt).toContain('tool_0');
      expect(call.prompt).not.toContain('tool_39');
      call.finish();
      await answer;
      expect(notices()).toEqual([expect.stringMatching(/knows [1-9] of 40 tools/)]);
    });

    it('gives up tools before it gives up the question', async () => {
      const content = 'x'.repeat(3000);
      const tools = [{ ...readFile, description: 'x'.repeat(1200) }];
      const answer = ask({ messages: [{ role: 'user', content }], tools });
      const call = await engine.nextCall();
      expect(call.prompt).toContain(content);
      expect(call.prompt).not.toContain('read_file');
      call.finish();
      await answer;
    });

    it('shortens the answer of a tool that is too long, and says so', async () => {
      const toolCalls = [{ id: '1', name: 'read_file', arguments: { path: 'a' } }];
      const answer = ask({
        tools: [readFile],
        messages: [
          question,
          { role: 'assistant', content: '', toolCalls },
          { role: 'tool', content: `BEGIN${'x'.repeat(1_000_000)}END`, toolCallId: '1' },
        ],
      });
      const call = await engine.nextCall();
      expect(call.prompt).toMatch(/BEGINx+\n\[… \d+ characters left out …\]\nx+END/);
      call.finish();
      await answer;
      expect(notices()).toEqual([expect.stringContaining("tool's answer")]);
    });

    it('goes on with a loop of calls that fills the context', async () => {
      const round = (index: number): ChatMessage[] => [
        {
          role: 'assistant',
          content: '',
          toolCalls: [{ id: `${index}`, name: 'read_file', arguments: { path: 'a' } }],
        },
        { role: 'tool', content: 'x'.repeat(3000), toolCallId: `${index}` },
      ];
      const rounds = Array.from({ length: 8 }, (_, index) => round(index)).flat();
      const answer = ask({ tools: [readFile], messages: [question, ...rounds] });
      const call = await engine.nextCall();
      expect(call.prompt).toContain('Why?');
      expect(call.request.prompt.length).toBeLessThan(4096);
      call.finish();
      await answer;
    });
  });

  describe('a conversation that is large in bytes', () => {
    /** Refuses by size before it counts, as the engine does. */
    function strictModel() {
      const model = fakeModel({}, 512);
      return {
        ...model,
        encode: (pieces: readonly (string | number)[]) =>
          pieces.reduce<number>((sum, piece) => sum + Buffer.byteLength(String(piece)), 0) > 512 * 4
            ? Promise.reject(new PilotError('promptTooLong', { tokens: 'many', limit: 512 }))
            : model.encode(pieces),
      };
    }

    it('loses its oldest turns, too', async () => {
      use(strictModel());
      const old: ChatMessage = { role: 'user', content: '问'.repeat(1000) };
      const answer = ask({ messages: [old, { role: 'assistant', content: 'A' }, question] });
      const call = await engine.nextCall();
      expect(call.prompt).not.toContain('问');
      call.finish();
      await answer;
    });
  });

  it('answers the last of 500 turns in bounded work', async () => {
    let encoded = 0;
    const model = fakeModel({}, 2048);
    use({
      ...model,
      encode: (pieces) => {
        encoded++;
        return model.encode(pieces);
      },
    });
    const turns = Array.from({ length: 500 }, (_, turn): ChatMessage[] => [
      { role: 'user', content: `question ${turn} ${'x'.repeat(80)}` },
      { role: 'assistant', content: 'y'.repeat(80) },
    ]).flat();
    const answer = ask({ messages: [...turns, question] });
    (await engine.nextCall()).write('Because.').finish();
    await expect(answer).resolves.toMatchObject({ text: 'Because.' });
    expect(encoded).toBeLessThan(12);
  });

  it.each([
    ['thinking that never ends', '<think>hm', { text: '', thinking: 'hm' }],
    ['lone surrogates', 'a\uD800b', { text: 'a\uD800b' }],
    ['nothing', '', { text: '' }],
  ])('gives one answer for %s', async (_, written, expected) => {
    const answer = ask({ messages: [{ role: 'user', content: 'x\uDC00' }] });
    (await engine.nextCall()).write(written).finish('length');
    await expect(answer).resolves.toMatchObject(expected);
  });

  describe('countTokens', () => {
    it('counts text, or a conversation with its template and tools', async () => {
      use(fakeModel({ chatTemplate: hermesTemplate }));
      const count = async (params: Parameters<ChatService['countTokens']>[0]): Promise<number> =>
        (await service.countTokens(params)).tokens;
      expect(await count({ text: 'abc' })).toBe(3);
      expect(await count({})).toBe(0);
      const asked = await count({ messages: [question] });
      expect(asked).toBeGreaterThan(question.content.length);
      expect(await count({ messages: [question], tools: [readFile] })).toBeGreaterThan(
        asked + JSON.stringify(readFile).length,
      );
    });

    it('names the model and its context', async () => {
      await expect(service.countTokens({ text: 'a' })).resolves.toEqual({
        tokens: 1,
        model: 'fake',
        contextLength: 4096,
      });
      await expect(service.countTokens({ model: 'x', text: '' })).rejects.toMatchObject({
        errorName: 'modelNotFound',
      });
    });
  });
});
