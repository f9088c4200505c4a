/** Puts the context of a request together: what changes least comes first, within a budget. */
import type { RelatedText } from '../../backend/protocol/documents.ts';

/** In UTF-16 units, about a thousand tokens of code together. */
export const RELATED_BUDGET = { declarations: 1200, files: 2000, edits: 800 } as const;

/** The protocol's limit. */
const MAX_TEXTS = 16;
const MAX_NAME = 1024;

interface Texts {
  readonly declarations: readonly Omit<RelatedText, 'kind'>[];
  /** Pieces of neighbouring files, or the cells before a notebook's cell. */
  readonly files: readonly Omit<RelatedText, 'kind'>[];
  /** Oldest first. */
  readonly edits: readonly Omit<RelatedText, 'kind'>[];
}

/** The first texts that fit; one that doesn't is left out whole, as half a line misleads. */
function fitting<T extends { readonly text: string }>(texts: readonly T[], budget: number): T[] {
  let left = budget;
  return texts.filter(({ text }) => {
    if (text.length > left) return false;
    left -= text.length;
    return true;
  });
}

/**
 * Declarations change when an import does, files when the cursor goes elsewhere, edits all the time.
 * A prompt that begins alike keeps its KV.
 */
export function assembleRelated({ declarations, files, edits }: Texts): RelatedText[] {
  const newest = fitting(edits.toReversed(), RELATED_BUDGET.edits).toReversed();
  const kinds = [
    ...fitting(declarations, RELATED_BUDGET.declarations).map((text) => ({
      kind: 'declaration' as const,
      ...text,
    })),
    ...fitting(files, RELATED_BUDGET.files).map((text) => ({ kind: 'file' as const, ...text })),
    ...newest.map((text) => ({ kind: 'edit' as const, ...text })),
  ];
  return kinds
    .slice(0, MAX_TEXTS)
    .map(({ kind, name, text }) => ({ kind, name: name.slice(-MAX_NAME), text }));
}
