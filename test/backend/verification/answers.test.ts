import { describe, expect, it } from 'vitest';
import { greedyTokens } from '../../../backend/verification/answers.ts';
import type { AnswerModel } from '../../../backend/verification/device.ts';

const PROMPT = [90, 91];
const END = 7;

/** Goes on with `continuation`, and stops at each end token as a driver does. */
function modelThatSays(continuation: readonly number[], endTokens: readonly number[]): AnswerModel {
  return {
    endTokens,
    answer(prompt, maxTokens) {
      const from = prompt.length - PROMPT.length;
      const rest = continuation.slice(from, from + maxTokens);
      const end = rest.findIndex((token) => endTokens.includes(token));
      const tokens = end < 0 ? rest : rest.slice(0, end);
      return Promise.resolve({ tokens, isEnded: end >= 0 });
    },
    close: () => Promise.resolve(),
  };
}

describe('the tokens of a whole answer', () => {
  it.each([
    ['end nowhere', [1, 2, 3, 4]],
    ['go on after an end', [1, END, 3, END]],
    ['begin with an end', [END, END, 3, 4]],
    ['differ from the float model’s', [1, 5, 3, 4]],
  ])('that %s are all told', async (_name, said) => {
    const model = modelThatSays(said, [6, END]);
    expect(await greedyTokens(model, PROMPT, said)).toStrictEqual(said);
  });

  it('show an end where the float model goes on', async () => {
    const model = modelThatSays([1, END, 3], [END]);
    expect(await greedyTokens(model, PROMPT, [1, 2, 3])).toStrictEqual([1, END, 3]);
  });

  it('show where the float model ends and the driver does not', async () => {
    const model = modelThatSays([1, 2, 3], [END]);
    expect(await greedyTokens(model, PROMPT, [1, END, 3])).toStrictEqual([1, 2, 3]);
  });

  it('may be fewer when there is no more room', async () => {
    const model = modelThatSays([1, 2], [END]);
    expect(await greedyTokens(model, PROMPT, [1, 2, 3])).toStrictEqual([1, 2]);
  });
});
