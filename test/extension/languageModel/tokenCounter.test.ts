import { expect, test } from 'vitest';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { TokenCounter } from '../../../extension/languageModel/tokenCounter.ts';
import { FakeSession } from '../../support/fakeSession.ts';

const model = { backendId: 'm', contextLength: 1000 };
const counted = (text = ''): object => ({ tokens: text.length, model: 'm', contextLength: 1000 });

test('a text is counted once, for each model', async () => {
  const session = new FakeSession({ 'chat/countTokens': ({ text }) => counted(text) });
  const counter = new TokenCounter();
  const both = await Promise.all([
    counter.count(session, model, 'abcd'),
    counter.count(session, model, 'abcd'),
  ]);
  expect(both).toEqual([4, 4]);
  expect(await counter.count(session, { ...model, backendId: 'other' }, 'abcd')).toBe(4);
  expect(session.requests.map(({ params }) => params)).toEqual([
    { model: 'm', text: 'abcd' },
    { model: 'other', text: 'abcd' },
  ]);
});

test('the longest unused are forgotten', async () => {
  const session = new FakeSession({ 'chat/countTokens': ({ text }) => counted(text) });
  const counter = new TokenCounter();
  await counter.count(session, model, 'first');
  for (let index = 0; index < 511; index++) await counter.count(session, model, `text ${index}`);
  await counter.count(session, model, 'first');
  expect(session.requests).toHaveLength(512);
  await counter.count(session, model, 'one more');
  await counter.count(session, model, 'first');
  expect(session.requests).toHaveLength(513);
  await counter.count(session, model, 'text 0');
  expect(session.requests).toHaveLength(514);
});

test.each([
  ['without a backend', undefined, 'abcdef', 2],
  ['of no text', new FakeSession(), '', 0],
  ['of a text far longer than the context', new FakeSession(), 'x'.repeat(30_000), 10_000],
])('the count %s asks nobody', async (_, session, text, tokens) => {
  expect(await new TokenCounter().count(session, model, text)).toBe(tokens);
  expect(session?.requests ?? []).toEqual([]);
});

test('a failed count is an estimate, and is tried again', async () => {
  let fails = true;
  const session = new FakeSession({
    'chat/countTokens': ({ text }) => {
      if (fails) throw new PilotError('rateLimited');
      return counted(text);
    },
  });
  const counter = new TokenCounter();
  expect(await counter.count(session, model, 'abcdef')).toBe(2);
  fails = false;
  expect(await counter.count(session, model, 'abcdef')).toBe(6);
});

test('hundreds of pieces are counted a few at a time', async () => {
  let running = 0;
  let most = 0;
  const session = new FakeSession({
    'chat/countTokens': async ({ text }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return counted(text);
    },
  });
  const counter = new TokenCounter();
  const texts = Array.from({ length: 300 }, (_, index) => `piece ${index}`);
  const counts = await Promise.all(texts.map((text) => counter.count(session, model, text)));
  expect(counts).toEqual(texts.map(({ length }) => length));
  expect(most).toBe(8);
});
