/** What the calling extension is asked to do, and what it found, as files in the workspace. */
import * as z from 'zod';

export const CALL_FILE = 'model-call.json';
export const OUTCOME_FILE = 'model-outcome.json';

const Tool = z.object({
  name: z.string(),
  description: z.string(),
  inputSchema: z.object().optional(),
});
const Message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), text: z.string() }),
  z.object({ kind: z.literal('assistant'), text: z.string() }),
  z.object({ kind: z.literal('call'), id: z.string(), name: z.string(), input: z.looseObject({}) }),
  z.object({ kind: z.literal('result'), id: z.string(), text: z.string() }),
]);

export const ModelCall = z.object({
  messages: z.array(Message).default([]),
  tools: z.array(Tool).default([]),
  mustCall: z.boolean().default(false),
  modelOptions: z.record(z.string(), z.json()).default({}),
  /** Cancels when so many parts have come. */
  cancelAfter: z.number().optional(),
  /** Texts whose tokens are counted. */
  count: z.array(z.string()).default([]),
});
export type ModelCall = z.input<typeof ModelCall>;

const Part = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), value: z.string() }),
  z.object({ kind: z.literal('toolCall'), name: z.string(), id: z.string(), input: z.json() }),
  z.object({ kind: z.literal('data'), mimeType: z.string(), value: z.string() }),
  z.object({ kind: z.literal('other'), type: z.string(), value: z.json() }),
]);
export type Part = z.infer<typeof Part>;

export const Outcome = z.object({
  models: z.array(
    z.object({ id: z.string(), name: z.string(), family: z.string(), maxInputTokens: z.number() }),
  ),
  parts: z.array(Part),
  tokens: z.array(z.number()),
  error: z.object({ name: z.string(), message: z.string(), code: z.string() }).optional(),
});
export type Outcome = z.infer<typeof Outcome>;
