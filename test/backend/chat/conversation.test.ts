import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutPoints, splitConversation } from '../../../backend/chat/conversation.ts';
import type { ChatMessage } from '../../../backend/protocol/chat.ts';

const message = fc.record({
  role: fc.constantFrom<ChatMessage['role']>('user', 'assistant', 'system'),
  content: fc.string({ maxLength: 40 }),
});

describe('cutPoints', () => {
  const turn = (length: number): ChatMessage[] => [
    { role: 'user', content: 'q'.repeat(length / 2) },
    { role: 'assistant', content: 'a'.repeat(length / 2) },
  ];

  it('cuts before user turns, one for each step of text, and at the last question', () => {
    const turns = [...turn(10), ...turn(10), ...turn(10), ...turn(10), ...turn(10)];
    expect(cutPoints(turns, 20)).toEqual([0, 4, 8]);
    expect(cutPoints(turns, 10)).toEqual([0, 2, 4, 6, 8]);
    expect(cutPoints(turns, 1000)).toEqual([0, 8]);
  });

  it('knows one cut only for one question', () => {
    expect(cutPoints([{ role: 'user', content: 'q' }], 1)).toEqual([0]);
  });

  it('keeps its cuts as the conversation grows, so that prompts begin alike', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), fc.array(message), (turns, more) => {
        // The last cut is the last question, wherever that lies.
        const kept = cutPoints(turns, 25).slice(0, -1);
        expect(cutPoints([...turns, ...more], 25).slice(0, kept.length)).toEqual(kept);
      }),
    );
  });

  it('rises strictly, and never cuts the last question away', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), (turns) => {
        const cuts = cutPoints(turns, 25);
        expect(cuts).toEqual([...new Set(cuts)].sort((a, b) => a - b));
        const lastUser = turns.findLastIndex(({ role }) => role === 'user');
        expect(cuts.at(-1)).toBe(lastUser < 0 ? turns.length - 1 : lastUser);
      }),
    );
  });
});

describe('splitConversation', () => {
  it('parts the leading system messages from the turns', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1 }), (messages) => {
        const { system, turns } = splitConversation(messages);
        expect([...system, ...turns]).toEqual(messages);
        expect(turns.length).toBeGreaterThan(0);
        expect(system.every(({ role }) => role === 'system')).toBe(true);
      }),
    );
  });
});
