/** The text of any part of a message. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { newerParts } from './newerApi.ts';

/**
 * A text part; or one in the form in which VS Code 1.139 passes messages to `provideTokenCount`,
 * which are not converted there.
 */
const TextPart = z.object({ type: z.literal('text').optional(), value: z.string() });

const DataPart = z.object({ mimeType: z.string(), data: z.instanceof(Uint8Array) });

/** A tree of prompt-tsx: texts are its leaves. */
const Tree = z.object({
  text: z.string().optional(),
  node: z.unknown().optional(),
  children: z.array(z.unknown()).optional(),
});

/** Deeper than any prompt. */
const MAX_DEPTH = 64;

/**
 * Thinking is no text, nor is what VS Code notes for other vendors. What the model cannot see, such
 * as an image, is named, so that it can say so.
 */
export function textOf(part: unknown): string {
  const { Thinking } = newerParts();
  if (Thinking && part instanceof Thinking) return '';
  if (part instanceof vscode.LanguageModelPromptTsxPart) return textOfTree(part.value, 0);
  const text = TextPart.safeParse(part);
  if (text.success) return text.data.value;
  const data = DataPart.safeParse(part);
  return data.success ? textOfData(data.data) : '';
}

function textOfData({ mimeType, data }: z.infer<typeof DataPart>): string {
  // VS Code's own notes, such as cache_control, are no mime types.
  if (!mimeType.includes('/')) return '';
  if (/^text\/|[/+-]json$/.test(mimeType)) return new TextDecoder().decode(data);
  const what = mimeType.startsWith('image/') ? 'An image' : `An attachment (${mimeType})`;
  return `[${what} was attached here. You cannot see it: you read text only.]`;
}

function textOfTree(value: unknown, depth: number): string {
  const { data: tree } = Tree.safeParse(value);
  if (!tree || depth > MAX_DEPTH) return '';
  return [
    tree.text ?? '',
    textOfTree(tree.node, depth + 1),
    ...(tree.children ?? []).map((child) => textOfTree(child, depth + 1)),
  ].join('');
}
