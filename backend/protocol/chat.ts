/** `chat/complete`: one answer of a chat model, streamed. */
import * as z from 'zod';
import { FinishReason, GenerationOptions, Timings } from './generation.ts';

export const ChatMessage = z.object({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string(),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

export const ChatParams = GenerationOptions.extend({
  messages: z.array(ChatMessage).min(1).max(4096),
  /** When given, text arrives as `$/progress` notifications with this token (LSP 3.18). */
  partialResultToken: z.union([z.string(), z.number()]).optional(),
  /** For models that can think before answering; ignored by the others. */
  thinking: z.boolean().optional(),
});
export type ChatParams = z.infer<typeof ChatParams>;

/** The `value` of a chat's `$/progress`. */
export const ChatProgress = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string() }),
  /** The model's thinking, not part of its answer. */
  z.object({ kind: z.literal('thinking'), text: z.string() }),
  /** Something the reader should know while waiting, such as a device restarting. */
  z.object({ kind: z.literal('notice'), message: z.string() }),
]);
export type ChatProgress = z.infer<typeof ChatProgress>;

export const ChatResult = z.object({
  /** The whole answer, also when it was streamed. */
  text: z.string(),
  thinking: z.string().optional(),
  finishReason: FinishReason,
  model: z.string(),
  timings: Timings,
});
export type ChatResult = z.infer<typeof ChatResult>;
