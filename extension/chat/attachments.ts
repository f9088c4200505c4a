/** Files, folders and selections that the user attached to a question, as pieces of its text. */
import * as vscode from 'vscode';
import { splitLines } from '../splitLines.ts';
import { editorFiles, type Files } from './files.ts';
import type { Piece, Place } from './pieces.ts';

export interface Attachments {
  readonly pieces: readonly Piece[];
  /** Names of what was left out, each with the reason in the editor's language. */
  readonly skipped: readonly string[];
}

/** Far more than any prompt can use; what is larger is not even read. */
const LARGEST_FILE = 1024 * 1024;
/** Names of a folder that are listed. */
const MOST_NAMES = 200;

type Outcome = Piece | { readonly skipped: string };

/** The lines a range touches: half a line is worth little to a model. */
function linesOf(text: string, range: vscode.Range): string {
  const end = range.end.character === 0 && range.end.line > range.start.line ? 0 : 1;
  return splitLines(text)
    .slice(range.start.line, range.end.line + end)
    .join('\n');
}

/** The names in a folder; folders end with a slash. */
function listing(
  uri: vscode.Uri,
  entries: readonly [string, vscode.FileType][],
  admits: (uri: vscode.Uri) => boolean,
): string {
  const names = entries
    .filter(([name]) => admits(vscode.Uri.joinPath(uri, name)))
    .map(([name, type]) => (type === vscode.FileType.Directory ? `${name}/` : name))
    .sort();
  const more = names.length - MOST_NAMES;
  return [...names.slice(0, MOST_NAMES), ...(more > 0 ? [`(and ${more} more)`] : [])].join('\n');
}

async function readPlace(
  place: Place,
  admits: (uri: vscode.Uri) => boolean,
  files: Files,
): Promise<Outcome> {
  const uri = place instanceof vscode.Location ? place.uri : place;
  const name = vscode.workspace.asRelativePath(uri);
  if (!admits(uri)) return { skipped: vscode.l10n.t('{0} (on the exclude list)', name) };
  const open = files.openDocument(uri);
  let text: string;
  try {
    if (!open) {
      const { type, size } = await files.stat(uri);
      if (type === vscode.FileType.Directory) {
        const names = listing(uri, await files.list(uri), admits);
        return { title: `Folder ${name}:`, text: names, place };
      }
      if (size > LARGEST_FILE) {
        const megabytes = Math.ceil(size / LARGEST_FILE);
        return { skipped: vscode.l10n.t('{0} (too large: {1} MB)', name, megabytes) };
      }
    }
    text = open?.getText() ?? (await files.read(uri));
  } catch {
    // Deleted since, or not ours to read.
    return { skipped: vscode.l10n.t('{0} (cannot be read)', name) };
  }
  if (text.includes('\0')) return { skipped: vscode.l10n.t('{0} (not text)', name) };
  if (!(place instanceof vscode.Location)) {
    return { title: `File ${name}:`, text: splitLines(text).join('\n'), place };
  }
  const title = `File ${name}, from line ${place.range.start.line + 1}:`;
  return { title, text: linesOf(text, place.range), place };
}

/** Two references to the same place, such as the open file and `#file`, are one. */
function keyOf(value: unknown): unknown {
  if (value instanceof vscode.Uri) return value.toString();
  if (!(value instanceof vscode.Location)) return value;
  const { start, end } = value.range;
  return `${value.uri.toString()}#${start.line}-${end.line}`;
}

/**
 * Never throws for a reference: what can't be used is named in `skipped`.
 * @param admits False for places on the exclude list.
 */
export async function readAttachments(
  references: readonly vscode.ChatPromptReference[],
  admits: (uri: vscode.Uri) => boolean,
  files: Files = editorFiles,
): Promise<Attachments> {
  const pieces: Piece[] = [];
  const skipped: string[] = [];
  const seen = new Set<unknown>();
  for (const { value, modelDescription } of references) {
    if (seen.has(keyOf(value))) continue;
    seen.add(keyOf(value));
    let outcome: Outcome;
    if (typeof value === 'string') {
      outcome = { title: modelDescription ?? 'Attachment:', text: value };
    } else if (value instanceof vscode.Uri || value instanceof vscode.Location) {
      outcome = await readPlace(value, admits, files);
    } else {
      // A picture, or a kind of a later VS Code.
      outcome = { skipped: vscode.l10n.t('{0} (not text)', modelDescription ?? '?') };
    }
    if ('skipped' in outcome) skipped.push(outcome.skipped);
    else if (outcome.text !== '') pieces.push(outcome);
  }
  return { pieces, skipped };
}
