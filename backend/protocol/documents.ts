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

/** Order of a fill-in prompt; with the suffix first, a key changes only the prompt's end. */
export const FillInOrder = z.enum(['suffix-prefix-middle', 'prefix-suffix-middle']);
export type FillInOrder = z.infer<typeof FillInOrder>;

/** Text from elsewhere that helps to complete: what changes least should come first. */
export const RelatedText = z.object({
  kind: z.enum(['declaration', 'import', 'file', 'edit']),
  /** For the model, such as a path relative to the workspace. */
  name: z.string().max(1024),
  text: z.string().max(32_768),
});
export type RelatedText = z.infer<typeof RelatedText>;

/** LSP's InlineCompletionParams, with limits of our own that other clients may leave out. */
export const InlineCompletionParams = z.looseObject({
  textDocument: z.object({ uri: Uri }),
  position: Position,
  context: z
    .looseObject({
      /** 1 invoked by hand, 2 while typing (LSP InlineCompletionTriggerKind). */
      triggerKind: z.union([z.literal(1), z.literal(2)]).default(2),
      /** The item selected in the editor's list of completions; a suggestion must extend it. */
      selectedCompletionInfo: z.object({ range: Range, text: z.string().max(4096) }).optional(),
    })
    .default({ triggerKind: 2 }),
  model: z.string().max(512).optional(),
  deadlineMs: z.number().int().positive().max(600_000).optional(),
  maxTokens: z.number().int().positive().max(4096).optional(),
  /** Lines of a suggestion at most. */
  maxLines: z.number().int().positive().max(200).optional(),
  /** For how long, in ms after its first token, a suggestion of several lines may grow. */
  budgetMs: z.number().int().positive().max(60_000).optional(),
  /** How many different suggestions are wanted; more than one are made only when asked by hand. */
  alternatives: z.number().int().min(1).max(5).optional(),
  related: z.array(RelatedText).max(16).optional(),
  fillInOrder: FillInOrder.optional(),
});
export type InlineCompletionParams = z.infer<typeof InlineCompletionParams>;

/** How the model was asked: with text on both sides of the cursor, or with the text before it. */
export const CompletionMode = z.enum(['fill-in', 'prefix']);
export type CompletionMode = z.infer<typeof CompletionMode>;

/** What became of a request. All but `suggested` come without items. */
export const CompletionFate = z.enum([
  'suggested',
  /** The cursor is inside a word. */
  'insideWord',
  /** Code follows on the line, which a model without fill-in tokens cannot see. */
  'codeFollows',
  /** There is no text to go on from. */
  'emptyDocument',
  /** A newer request for the document made this one worthless. */
  'superseded',
  'cancelled',
  /** Out of time. */
  'deadline',
  /** The model had nothing to write here. */
  'nothing',
  /** It wrote only what stands before or behind the cursor already. */
  'repetition',
  /** It wrote something that does not fit at the cursor. */
  'misfit',
]);
export type CompletionFate = z.infer<typeof CompletionFate>;

/** LSP's InlineCompletionList, with what was measured beside it. No items: no suggestion. */
export const InlineCompletionResult = z.object({
  items: z.array(z.object({ insertText: z.string(), range: Range })),
  fate: CompletionFate,
  mode: CompletionMode,
  model: z.string(),
  /** True when the answer came from the cache, without the device. */
  cached: z.boolean(),
  timings: Timings.optional(),
});
export type InlineCompletionResult = z.infer<typeof InlineCompletionResult>;

/** A suggestion is on the screen: what follows it may be computed while the person reads. */
export const CompletionShownParams = z.object({
  textDocument: z.object({ uri: Uri }),
  position: Position,
  /** As given in the result. */
  insertText: z.string().max(65_536),
});
export type CompletionShownParams = z.infer<typeof CompletionShownParams>;

/** Somebody may type here soon: the prompt's KV may be computed while the device is idle. */
export const CompletionWarmParams = z.object({
  textDocument: z.object({ uri: Uri }),
  position: Position,
  model: z.string().max(512).optional(),
  related: z.array(RelatedText).max(16).optional(),
  fillInOrder: FillInOrder.optional(),
});
export type CompletionWarmParams = z.infer<typeof CompletionWarmParams>;
