import { expect, test } from 'vitest';
import type { ChatMessage } from '../../../backend/protocol/chat.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { countBy, fitContext, promptTokens } from '../../../extension/chat/fitContext.ts';
import { FakeSession } from '../../support/fakeSession.ts';

test.each([
  [8192, 1024, 7168],
  [2048, 1024, 1024],
  [2048, 100_000, 1024],
])('a context of %i with answers of %i leaves %i tokens to the prompt', (context, max, tokens) => {
  expect(promptTokens(context, max)).toBe(tokens);
});

/** A prompt as long as its budget allows, and what its tokens would be. */
async function fitted(
  tokensPerCharacter: number | undefined,
): Promise<{ length: number; counts: number }> {
  let counts = 0;
  const { messages } = await fitContext(
    (characters) => ({ messages: [{ role: 'user' as const, content: 'x'.repeat(characters) }] }),
    100,
    ([message]) => {
      counts++;
      const length = message?.content.length ?? 0;
      return Promise.resolve(
        tokensPerCharacter === undefined ? undefined : length * tokensPerCharacter,
      );
    },
  );
  return { length: messages[0]?.content.length ?? 0, counts };
}

test.each([
  ['English', 0.25, { length: 300, counts: 1 }],
  ['dense code', 0.5, { length: 200, counts: 2 }],
  ['Chinese', 0.9, { length: 100, counts: 3 }],
  ['bytes', 3, { length: 50, counts: 3 }],
  ['an unknown tokenizer', undefined, { length: 300, counts: 1 }],
])('%s', async (_name, ratio, outcome) => {
  expect(await fitted(ratio)).toEqual(outcome);
});

const question: ChatMessage[] = [{ role: 'user', content: 'hi' }];

test('the backend counts with its own tokenizer', async () => {
  const session = new FakeSession({
    'chat/countTokens': () => ({ tokens: 7, model: 'm', contextLength: 100 }),
  });
  expect(await countBy(session, new AbortController().signal)(question)).toBe(7);
});

test('a backend that cannot count leaves the estimate', async () => {
  const session = new FakeSession({
    'chat/countTokens': () => {
      throw new PilotError('methodNotFound', { method: 'chat/countTokens' });
    },
  });
  expect(await countBy(session, new AbortController().signal)(question)).toBeUndefined();
});

test('a cancelled count ends the request', async () => {
  const session = new FakeSession({
    'chat/countTokens': () => {
      throw new PilotError('cancelled');
    },
  });
  await expect(countBy(session, new AbortController().signal)(question)).rejects.toThrow(
    'cancelled',
  );
});
