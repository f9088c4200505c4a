/** Conversations at the limits, with the real model: each gets one reply, in bounded work. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BackendClient } from '../../backend/client/backendClient.ts';
import type { ChatMessage, ChatProgress, ChatResult } from '../../backend/protocol/chat.ts';
import type { ParamsOf } from '../../backend/protocol/methods.ts';
import { startRealBackend, type RealBackend } from '../support/realBackend.ts';
import { readFile } from '../support/toolTemplates.ts';

/** The process of these tests, the model in it, and a conversation of some MB. */
const MEMORY_BOUND = 900_000_000;

let backend: RealBackend;
let client: BackendClient;
beforeAll(async () => {
  backend = await startRealBackend();
  client = await backend.connect();
});
afterAll(async () => backend[Symbol.asyncDispose]());
afterEach(async () => {
  const { residentBytes, running } = await client.request('backend/status', null);
  expect(running).toBe(0);
  expect(residentBytes).toBeLessThan(MEMORY_BOUND);
});

interface Answer {
  readonly result: ChatResult;
  readonly notices: string[];
}

async function ask(
  messages: ChatMessage[],
  changes: Partial<ParamsOf<'chat/complete'>> = {},
): Promise<Answer> {
  const progress: ChatProgress[] = [];
  const result = await client.streamChat(
    { messages, maxTokens: 16, sampling: { temperature: 0 }, ...changes },
    (part) => progress.push(part),
  );
  const text = progress.map((part) => (part.kind === 'text' ? part.text : '')).join('');
  expect(text).toBe(result.text);
  expect(result.timings.generatedTokens).toBeLessThanOrEqual(changes.maxTokens ?? 16);
  const notices = progress.flatMap((part) => (part.kind === 'notice' ? [part.message] : []));
  return { result, notices };
}

const question: ChatMessage = { role: 'user', content: 'Say hello.' };

describe('a conversation', () => {
  it('of 500 turns is answered from its last', async () => {
    const turns = Array.from({ length: 500 }, (_, turn): ChatMessage[] => [
      { role: 'user', content: `Question ${turn}: ${'what is this about? '.repeat(10)}` },
      { role: 'assistant', content: `Answer ${turn}: ${'it is about something. '.repeat(10)}` },
    ]).flat();
    const { result, notices } = await ask([...turns, question]);
    expect(result.text).not.toBe('');
    expect(notices).toEqual([expect.stringMatching(/oldest \d{3} messages were left out/)]);
  });

  it('of hundreds of thousands of characters that are not Latin is answered, too', async () => {
    const old: ChatMessage = { role: 'user', content: '这是什么意思？'.repeat(30_000) };
    const { result } = await ask([old, { role: 'assistant', content: '不知道。' }, question]);
    expect(result.text).not.toBe('');
  });

  it('with lone surrogates and control characters is answered', async () => {
    const { result } = await ask([
      { role: 'user', content: 'Hi \uD800 \uDC00\uD83D \u0000\uFDD0.' },
    ]);
    expect(Buffer.from(result.text).toString()).toBe(result.text);
  });

  it('with a tool’s answer of a megabyte is answered from its ends', async () => {
    const toolCalls = [{ id: '1', name: 'read_file', arguments: { path: 'a.log' } }];
    const { result, notices } = await ask([
      question,
      { role: 'assistant', content: '', toolCalls },
      { role: 'tool', content: `first line\n${'x = 1\n'.repeat(170_000)}`, toolCallId: '1' },
    ]);
    expect(result.text).not.toBe('');
    expect(notices).toEqual([expect.stringContaining('left out')]);
  });

  it('that asks for a loop ends at its longest allowed length', async () => {
    const content = 'Write the word "again" a thousand times, and nothing else.';
    const { result } = await ask([{ role: 'user', content }], {
      maxTokens: 200,
      sampling: { temperature: 0, repetitionPenalty: 1 },
    });
    expect(['length', 'stop']).toContain(result.finishReason);
    expect(result.text).not.toMatch(/<\|/);
  });
});

describe('tools', () => {
  it('are left out for a model that cannot call them, which answers in text', async () => {
    const tools = Array.from({ length: 40 }, (_, index) => ({
      ...readFile,
      name: `tool_${index}`,
    }));
    const { result, notices } = await ask([question], { tools, toolChoice: 'required' });
    const plain = await ask([question]);
    expect(result.text).not.toBe('');
    expect(result).not.toHaveProperty('toolCalls');
    expect(result.timings.promptTokens).toBe(plain.result.timings.promptTokens);
    expect(notices).toEqual([expect.stringContaining('without tools')]);
  });
});

describe('chat/countTokens', () => {
  it('counts what the prompt then takes', async () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'What is <|im_end|> in 你好?' },
    ];
    const { tokens, contextLength } = await client.request('chat/countTokens', { messages });
    const { result } = await ask(messages, { maxTokens: 1 });
    expect(tokens).toBe(result.timings.promptTokens);
    expect(contextLength).toBeGreaterThan(tokens);
  });

  it('refuses a text of megabytes, and goes on', async () => {
    const text = 'one two three four '.repeat(250_000);
    await expect(client.request('chat/countTokens', { text })).rejects.toMatchObject({
      data: { name: 'promptTooLong' },
    });
    expect((await client.request('chat/countTokens', { text: 'hello' })).tokens).toBeGreaterThan(0);
  });
});
