/** A request's document and parameters, made into what the model can be asked with. */
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { CompletionMode, Position } from '../protocol/documents.ts';
import type { ParsedParamsOf } from '../protocol/methods.ts';
import type { ModelHandle } from '../scheduling/engine.ts';
import type { TokenBudget } from './completionPrompt.ts';
import type { WindowBudget } from './cursor.ts';

export type CompletionParams = ParsedParamsOf<'textDocument/inlineCompletion'>;

/** In tokens. */
export interface PromptBudget extends TokenBudget {
  readonly related: number;
  readonly answer: number;
}

/** Code has about three characters in a token; what has fewer is cut again when it is tokens. */
const CHARACTERS_PER_TOKEN = 3;
/** The prompt's share for texts from elsewhere, when there are any. */
const RELATED_SHARE = 1 / 4;
const BEFORE_SHARE = 3 / 4;

/** How a prompt of so many tokens is divided; of a small context it takes half. */
export function promptBudget(
  { contextLength }: Pick<ModelHandle, 'contextLength'>,
  promptTokens: number,
  hasRelated: boolean,
): PromptBudget {
  // The rest is for BOS, the fill-in tokens and what an earlier flight has written.
  const prompt = Math.min(promptTokens, Math.floor(contextLength / 2));
  const related = hasRelated ? Math.floor(prompt * RELATED_SHARE) : 0;
  const before = Math.floor((prompt - related) * BEFORE_SHARE);
  return {
    related,
    before,
    after: prompt - related - before,
    answer: Math.floor(contextLength / 4),
  };
}

export function windowOf({ before, after }: TokenBudget): WindowBudget {
  return { before: before * CHARACTERS_PER_TOKEN, after: after * CHARACTERS_PER_TOKEN };
}

export function modeOf({ metadata }: ModelHandle): CompletionMode {
  return metadata.fillIn ? 'fill-in' : 'prefix';
}

/** Where a suggestion is wanted, and what of it the editor has chosen already. */
export interface Spot {
  readonly document: TextDocument;
  readonly position: Position;
  /** What the suggestion replaces. */
  readonly range: { readonly start: Position; readonly end: Position };
  /** What the suggestion must begin with. */
  readonly selected: string;
}

/**
 * An item that is selected in the editor's list of completions counts as typed: VS Code shows only
 * what extends it. One that is somewhere else is none of ours.
 */
export function spotOf(document: TextDocument, { position, context }: CompletionParams): Spot {
  const { selectedCompletionInfo: info } = context;
  const typed = { document, position, range: { start: position, end: position }, selected: '' };
  if (!info) return typed;
  const [start, cursor, end] = [info.range.start, position, info.range.end].map((place) =>
    document.offsetAt(place),
  );
  if (start === undefined || cursor === undefined || end === undefined) return typed;
  if (start > cursor || cursor > end) return typed;
  const { uri, languageId, version } = document;
  const text = document.getText();
  const changed = TextDocument.create(
    uri,
    languageId,
    version,
    text.slice(0, start) + info.text + text.slice(end),
  );
  return {
    document: changed,
    position: changed.positionAt(start + info.text.length),
    range: info.range,
    selected: info.text,
  };
}
