import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChatMessage } from '../../backend/protocol/chat.ts';
import { characterBudget, conversation, historyMessages } from '../../extension/chatMessages.ts';
import {
  ChatRequestTurn,
  ChatResponseMarkdownPart,
  ChatResponseTurn,
} from '../support/fakeVscodeClasses.ts';

type Turns = Parameters<typeof historyMessages>[0];

function history(...turns: (ChatRequestTurn | ChatResponseTurn)[]): ChatMessage[] {
  return historyMessages(turns as unknown as Turns);
}

function answer(...texts: string[]): ChatResponseTurn {
  return new ChatResponseTurn(texts.map((text) => new ChatResponseMarkdownPart(text)));
}

test('a turn repeats letter for letter what was sent and generated', () => {
  const metadata = { sent: 'File a.ts: …\n\nwhat is it?', answer: 'A file.' };
  const shown = new ChatResponseTurn(
    [new ChatResponseMarkdownPart('*Not sent: .env*\n\n'), new ChatResponseMarkdownPart('A file.')],
    { metadata },
  );
  expect(history(new ChatRequestTurn('what is it?'), shown)).toEqual([
    { role: 'user', content: metadata.sent },
    { role: 'assistant', content: 'A file.' },
  ]);
});

test('a turn without a record gives its prompt and its Markdown', () => {
  expect(history(new ChatRequestTurn('hi'), answer('Hello', ' there'))).toEqual([
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'Hello there' },
  ]);
});

test('turns that failed or were never answered are left out', () => {
  const failed = new ChatResponseTurn([], { metadata: { sent: 'one', answer: '' } });
  const turns = [new ChatRequestTurn('one'), failed, new ChatRequestTurn('two'), answer('2')];
  expect(history(...turns, new ChatRequestTurn('three'))).toEqual([
    { role: 'user', content: 'two' },
    { role: 'assistant', content: '2' },
  ]);
});

test.each([
  [8192, 1024, 21_504],
  [2048, 1024, 3072],
  [2048, 100_000, 3072],
])('a context of %i tokens with answers of %i has room for %i characters', (context, max, room) => {
  expect(characterBudget(context, max)).toBe(room);
});

const turnsOf = (count: number): ChatMessage[] =>
  Array.from({ length: count * 2 }, (_, i) => ({
    role: i % 2 === 0 ? 'user' : 'assistant',
    content: `message ${i}`,
  }));

test('a conversation that fits is sent whole', () => {
  expect(conversation('Be brief.', turnsOf(2), 'next', 1000)).toEqual([
    { role: 'system', content: 'Be brief.' },
    ...turnsOf(2),
    { role: 'user', content: 'next' },
  ]);
});

test('no instructions, no system message', () => {
  expect(conversation('', [], 'hi', 100)).toEqual([{ role: 'user', content: 'hi' }]);
});

test('a long conversation starts with a question, ends with the newest, and fits', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 100, max: 5000 }), (count, budget) => {
      const messages = conversation('Be brief.', turnsOf(count), 'next', budget);
      const size = messages.reduce((sum, { content }) => sum + content.length, 0);
      expect(messages[0]?.role).toBe('system');
      expect(messages[1]?.role).toBe('user');
      expect(messages.at(-1)).toEqual({ role: 'user', content: 'next' });
      expect(size).toBeLessThanOrEqual(budget);
    }),
  );
});

test('the cut stays where it is for several turns, so that the prefix repeats', () => {
  const starts = new Set<string | undefined>();
  for (let count = 100; count < 104; count++) {
    starts.add(conversation('', turnsOf(count), 'next', 500)[0]?.content);
  }
  expect(starts.size).toBeLessThanOrEqual(2);
});

test('a question longer than the budget is sent alone: the backend says what fits', () => {
  const question = 'x'.repeat(200);
  expect(conversation('', turnsOf(5), question, 100)).toEqual([
    { role: 'user', content: question },
  ]);
});
