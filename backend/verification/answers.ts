/** Whole answers, token by token. */
import type { AnswerModel } from './device.ts';

/**
 * As many tokens as the float model gave, going on after the end of an answer as it does.
 * @param expected what the float model says
 */
export async function greedyTokens(
  model: AnswerModel,
  prompt: readonly number[],
  expected: readonly number[],
): Promise<number[]> {
  const actual: number[] = [];
  while (actual.length < expected.length) {
    const { tokens, isEnded } = await model.answer(
      [...prompt, ...actual],
      expected.length - actual.length,
    );
    actual.push(...tokens);
    if (!isEnded) break;
    // Of several end tokens the driver does not say which one it was.
    const wanted = expected[actual.length];
    const isSame = wanted !== undefined && model.endTokens.includes(wanted);
    const end = isSame ? wanted : model.endTokens[0];
    if (end === undefined) break;
    actual.push(end);
  }
  return actual;
}
