/** `generate/raw`: what a model goes on with after a text or tokens, without a chat template. */
import * as z from 'zod';
import { FinishReason, GenerationOptions, Timings } from './generation.ts';

/**
 * Exactly one of `prompt` and `tokens`. What is left out of `sampling` is the driver's, but the
 * temperature, which is 0; 128 is the default of `maxTokens`, and `batch` that of `class`.
 */
export const RawParams = GenerationOptions.extend({
  /** All of it is text; the BOS token comes before it where the vocabulary asks for that. */
  prompt: z.string().min(1).optional(),
  /** Taken as they are. */
  tokens: z.array(z.number().int().min(0)).min(1).max(1_000_000).optional(),
  /** When given, text arrives as `$/progress` notifications with this token, as a chat's does. */
  partialResultToken: z.union([z.string(), z.number()]).optional(),
}).refine(({ prompt, tokens }) => (prompt === undefined) !== (tokens === undefined), {
  message: 'give either prompt or tokens',
});
export type RawParams = z.infer<typeof RawParams>;

export const RawResult = z.object({
  /** Generated, without the end token. */
  tokens: z.array(z.number().int()),
  /** The whole text, also when it was streamed. */
  text: z.string(),
  finishReason: FinishReason,
  model: z.string(),
  timings: Timings,
});
export type RawResult = z.infer<typeof RawResult>;
