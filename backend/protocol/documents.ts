/** The text document methods, as LSP 3.18 defines them. */
import * as z from 'zod';
import { Timings } from './generation.ts';

export const Position = z.object({
  line: z.number().int().min(0),
  character: z.number().int().min(0),
});
export type Position = z.infer<typeof Position>;

const Range = z.object({ start: Position, end: Position });

const Uri = z.string().min(1).max(8192);

export const DidOpenParams = z.object({
  textDocument: z.object({
    uri: Uri,
    languageId: z.string().max(128),
    version: z.number().int(),
    text: z.string(),
  }),
});
export type DidOpenParams = z.infer<typeof DidOpenParams>;

export const DidChangeParams = z.object({
  textDocument: z.object({ uri: Uri, version: z.number().int() }),
  contentChanges: z.array(z.object({ range: Range.optional(), text: z.string() })),
});
export type DidChangeParams = z.infer<typeof DidChangeParams>;

export const DidCloseParams = z.object({ textDocument: z.object({ uri: Uri }) });
export type DidCloseParams = z.infer<typeof DidCloseParams>;

/** LSP's InlineCompletionParams, with limits of our own that other clients may leave out. */
export const InlineCompletionParams = z.looseObject({
  textDocument: z.object({ uri: Uri }),
  position: Position,
  context: z
    .looseObject({
      /** 1 invoked by hand, 2 while typing (LSP InlineCompletionTriggerKind). */
      triggerKind: z.union([z.literal(1), z.literal(2)]).default(2),
    })
    .default({ triggerKind: 2 }),
  model: z.string().max(512).optional(),
  deadlineMs: z.number().int().positive().max(600_000).optional(),
  maxTokens: z.number().int().positive().max(4096).optional(),
});
export type InlineCompletionParams = z.infer<typeof InlineCompletionParams>;

/** How the model was asked: with text on both sides of the cursor, or with the text before it. */
export const CompletionMode = z.enum(['fill-in', 'prefix']);
export type CompletionMode = z.infer<typeof CompletionMode>;

/** LSP's InlineCompletionList, with what was measured beside it. No items: no suggestion. */
export const InlineCompletionResult = z.object({
  items: z.array(z.object({ insertText: z.string(), range: Range })),
  mode: CompletionMode,
  model: z.string(),
  /** True when the answer came from the cache, without the device. */
  cached: z.boolean(),
  timings: Timings.optional(),
});
export type InlineCompletionResult = z.infer<typeof InlineCompletionResult>;
