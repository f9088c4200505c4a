/** Files and selections that the user attached to a chat message, as text of the prompt. */
import * as vscode from 'vscode';

/** Reads the text of a place, from the editor when it is open there, else from disk. */
export type ReadText = (uri: vscode.Uri) => Promise<string>;

export interface Attachments {
  /** One block for each attachment; empty when there are none. */
  readonly text: string;
  /** What the answer is based on. */
  readonly used: readonly (vscode.Uri | vscode.Location)[];
  /** Names of what was left out, each with the reason in the editor's language. */
  readonly skipped: readonly string[];
}

async function readFromEditor(uri: vscode.Uri): Promise<string> {
  const key = uri.toString();
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === key);
  if (open) return open.getText();
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}

/** The lines a range touches: half a line is worth little to a model. */
function linesOf(text: string, range: vscode.Range): string {
  const end = range.end.character === 0 && range.end.line > range.start.line ? 0 : 1;
  return text
    .split(/\r\n|\n|\r/)
    .slice(range.start.line, range.end.line + end)
    .join('\n');
}

/** A Markdown fence longer than any run of backquotes in the text, so that the text can't close it. */
function fenced(title: string, text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${title}\n${fence}\n${text}\n${fence}\n\n`;
}

/** The longest run of whole lines from the start that has at most `limit` characters. */
function firstLines(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return text.slice(0, Math.max(0, text.lastIndexOf('\n', limit)));
}

type Place = vscode.Uri | vscode.Location;
type Outcome = { title: string; text: string; place?: Place } | { skipped: string };

async function readPlace(
  place: Place,
  admits: (uri: vscode.Uri) => boolean,
  read: ReadText,
): Promise<Outcome> {
  const uri = place instanceof vscode.Location ? place.uri : place;
  const name = vscode.workspace.asRelativePath(uri);
  if (!admits(uri)) return { skipped: vscode.l10n.t('{0} (on the exclude list)', name) };
  let text: string;
  try {
    text = await read(uri);
  } catch {
    // A file that was deleted since, or a folder.
    return { skipped: vscode.l10n.t('{0} (cannot be read)', name) };
  }
  if (text.includes('\0')) return { skipped: vscode.l10n.t('{0} (not text)', name) };
  if (!(place instanceof vscode.Location)) return { title: `File ${name}:`, text, place };
  const title = `File ${name}, from line ${place.range.start.line + 1}:`;
  return { title, text: linesOf(text, place.range), place };
}

/**
 * @param admits False for places on the exclude list.
 * @param budget Characters for all attachments together.
 */
export async function readAttachments(
  references: readonly vscode.ChatPromptReference[],
  admits: (uri: vscode.Uri) => boolean,
  budget: number,
  read: ReadText = readFromEditor,
): Promise<Attachments> {
  const used: Place[] = [];
  const skipped: string[] = [];
  let prompt = '';
  for (const { value, modelDescription } of references) {
    let outcome: Outcome;
    if (typeof value === 'string') {
      outcome = { title: modelDescription ?? 'Attachment:', text: value };
    } else if (value instanceof vscode.Uri || value instanceof vscode.Location) {
      outcome = await readPlace(value, admits, read);
    } else {
      continue;
    }
    if ('skipped' in outcome) {
      skipped.push(outcome.skipped);
      continue;
    }
    const kept = firstLines(outcome.text, budget - prompt.length);
    if (kept.length < outcome.text.length) {
      skipped.push(vscode.l10n.t('the end of {0} (too long)', outcome.title.replace(/:$/, '')));
    }
    if (kept === '') continue;
    prompt += fenced(outcome.title, kept);
    if (outcome.place) used.push(outcome.place);
  }
  return { text: prompt, used, skipped };
}
