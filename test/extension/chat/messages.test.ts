import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChatMessage } from '../../../backend/protocol/chat.ts';
import { conversation, historyMessages } from '../../../extension/chat/messages.ts';
import {
  ChatRequestTurn,
  ChatResponseMarkdownPart,
  ChatResponseTurn,
} from '../../support/fakeVscodeClasses.ts';

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

test('a chat of 500 turns stays in the budget, and seldom computes its prefix anew', () => {
  const budget = 4000;
  let cuts = 0;
  let before: ChatMessage[] = [];
  for (let turns = 0; turns < 500; turns++) {
    const messages = conversation('Be brief.', turnsOf(turns), `message ${turns * 2}`, budget);
    const size = messages.reduce((sum, { content }) => sum + content.length, 0);
    expect(size).toBeLessThanOrEqual(budget);
    // Everything that was sent last time stands at the start again, or the conversation was cut.
    const repeats = before.every(({ content }, index) => messages[index]?.content === content);
    if (!repeats) cuts++;
    before = messages;
  }
  // A cut frees half of the room, which is 150 messages of these.
  expect(cuts).toBeGreaterThan(3);
  expect(cuts).toBeLessThan(10);
});

test('a long question leaves the history half of the room beside it', () => {
  const messages = conversation('', turnsOf(20), 'x'.repeat(140), 200);
  const history = messages.slice(0, -1).reduce((sum, { content }) => sum + content.length, 0);
  expect(history).toBeGreaterThan(0);
  expect(history).toBeLessThanOrEqual(30);
});

test('a question longer than the budget is sent alone: the backend says what fits', () => {
  const question = 'x'.repeat(200);
  expect(conversation('', turnsOf(5), question, 100)).toEqual([
    { role: 'user', content: question },
  ]);
});
