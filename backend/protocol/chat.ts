/** `chat/complete`: one answer of a chat model, streamed. */
import * as z from 'zod';
import { FinishReason, GenerationOptions, Timings } from './generation.ts';

/** A call of a tool, as the model asked for it. */
export const ToolCall = z.object({
  /** Unique in the conversation; the tool's answer names it. */
  id: z.string().min(1).max(256),
  name: z.string().min(1).max(256),
  arguments: z.record(z.string(), z.json()),
});
export type ToolCall = z.infer<typeof ToolCall>;

/** A tool that the client can run for the model. */
export const ToolDefinition = z.object({
  name: z.string().regex(/^[\w./-]{1,256}$/),
  description: z.string().max(16_384),
  /** JSON Schema of the arguments, an object's. */
  parameters: z.record(z.string(), z.json()).optional(),
});
export type ToolDefinition = z.infer<typeof ToolDefinition>;

export const ChatMessage = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  /** Of the assistant: the calls it made in this turn. */
  toolCalls: z.array(ToolCall).max(64).optional(),
  /** Of a tool: the call that this answers. */
  toolCallId: z.string().min(1).max(256).optional(),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

export const ChatParams = GenerationOptions.extend({
  messages: z.array(ChatMessage).min(1).max(4096),
  /** When given, text arrives as `$/progress` notifications with this token (LSP 3.18). */
  partialResultToken: z.union([z.string(), z.number()]).optional(),
  /** For models that can think before answering; ignored by the others. */
  thinking: z.boolean().optional(),
  /**
   * Most wanted first: those that don't fit into the context are left out from the end, except the
   * ones that were called before. Ignored by models whose template has no place for tools.
   */
  tools: z.array(ToolDefinition).max(128).optional(),
  /** `required`: the answer shall be a call. */
  toolChoice: z.enum(['auto', 'required']).optional(),
});
export type ChatParams = z.infer<typeof ChatParams>;

/** The `value` of a chat's `$/progress`. */
export const ChatProgress = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string() }),
  /** The model's thinking, not part of its answer. */
  z.object({ kind: z.literal('thinking'), text: z.string() }),
  /** A whole call of a tool; the client runs it and sends the answer as the next message. */
  z.object({ kind: z.literal('toolCall'), call: ToolCall }),
  /** Something the reader should know while waiting, such as a device restarting. */
  z.object({ kind: z.literal('notice'), message: z.string() }),
]);
export type ChatProgress = z.infer<typeof ChatProgress>;

export const ChatResult = z.object({
  /** The whole answer, also when it was streamed. */
  text: z.string(),
  thinking: z.string().optional(),
  toolCalls: z.array(ToolCall).optional(),
  finishReason: FinishReason,
  model: z.string(),
  timings: Timings,
});
export type ChatResult = z.infer<typeof ChatResult>;

export const CountTokensParams = z.object({
  model: z.string().max(512).optional(),
  /** Counted as the prompt of an answer, with the template's own tokens; or plain text. */
  messages: z.array(ChatMessage).max(4096).optional(),
  /** Counted with the messages. */
  tools: z.array(ToolDefinition).max(128).optional(),
  text: z.string().optional(),
});
export type CountTokensParams = z.infer<typeof CountTokensParams>;

export const CountTokensResult = z.object({
  tokens: z.number().int(),
  model: z.string(),
  contextLength: z.number().int(),
});
export type CountTokensResult = z.infer<typeof CountTokensResult>;
