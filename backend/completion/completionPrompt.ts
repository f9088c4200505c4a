/** The tokens a completion is asked with. */
import type { FillInOrder } from '../protocol/documents.ts';
import type { ModelHandle } from '../scheduling/engine.ts';
import type { Cursor } from './cursor.ts';
import { fillInFormat, fillInTokens } from './fillInFormat.ts';
import { knowsFiles } from './relatedPrompt.ts';

export interface TokenBudget {
  /** Tokens of the text before the cursor. */
  readonly before: number;
  /** Tokens of the text after the cursor. */
  readonly after: number;
}

export interface PromptTexts extends Pick<Cursor, 'before' | 'after'> {
  /** What the model has written after this prompt already, to go on from there. */
  readonly written: string;
  /** Tokens of the texts from elsewhere. */
  readonly related: Int32Array;
}

/**
 * Fill-in for a model with tokens for it, else the raw text before the cursor. What changes least
 * comes first, so that from key to key the KV of the prompt's beginning is used again.
 * @param order the family's own when left out
 */
export async function buildCompletionPrompt(
  model: ModelHandle,
  { before, after, written, related }: PromptTexts,
  budget: TokenBudget,
  order?: FillInOrder,
): Promise<Int32Array> {
  const { fillIn, addBos, bosToken } = model.metadata;
  const encode = async (text: string): Promise<Int32Array> =>
    text === '' ? new Int32Array() : model.encode([text]);
  const bos = addBos && bosToken ? [bosToken.id] : [];
  if (!fillIn) {
    // One text is one text to a tokenizer, whoever wrote it.
    const tokens = await encode(before + written);
    return Int32Array.from([...bos, ...related, ...lastTokens(tokens, budget.before)]);
  }
  const [head, rest, tail] = await Promise.all([encode(before), encode(after), encode(written)]);
  const prefix = [...lastTokens(head, budget.before)];
  const suffix = [...rest.subarray(0, budget.after)];
  const format = fillInFormat(model.metadata);
  const isRepository = knowsFiles(fillIn);
  return Int32Array.from([
    ...bos,
    ...(isRepository ? related : []),
    ...fillInTokens(fillIn, isRepository ? prefix : [...related, ...prefix], suffix, {
      ...format,
      ...(order && { order }),
    }),
    ...tail,
  ]);
}

/** The last tokens, cut in steps of a quarter of the budget: see promptWindow.ts for the reason. */
function lastTokens(tokens: Int32Array, budget: number): Int32Array {
  const excess = tokens.length - budget;
  if (excess <= 0) return tokens;
  const step = Math.max(1, Math.floor(budget / 4));
  return tokens.subarray(Math.min(tokens.length, Math.ceil(excess / step) * step));
}
