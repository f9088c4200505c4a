/** Whole answers, token by token, by the driver that the product answers people with. */
import type { VerifyParams } from '../protocol/verification.ts';

/** A compiled model, loaded on a chip or on the emulator. */
export interface AnswerModel {
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
  /**
   * The likeliest tokens after a prompt, as many as asked for or up to an end token, which is not
   * among them.
   * @throws PilotError
   */
  answer(
    prompt: readonly number[],
    maxTokens: number,
  ): Promise<{ readonly tokens: readonly number[]; readonly isEnded: boolean }>;
  /** Ends the device's process. */
  close(): Promise<void>;
}

export interface AnswerDevice {
  /**
   * Starts a process for the device.
   * @param bmodel absolute path; the tokenizer is beside it
   * @throws PilotError
   */
  open(bmodel: string, signal: AbortSignal): Promise<AnswerModel>;
}

/** @throws PilotError cardMissing, libraryMissing and others when the device cannot be used */
export type FindAnswerDevice = (home: string, on: VerifyParams['on']) => Promise<AnswerDevice>;

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
