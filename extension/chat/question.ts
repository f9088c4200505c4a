/** From a request in the chat view to what is asked: the pieces it is about, and the words. */
import * as vscode from 'vscode';
import { documentSelector, type DocumentGate } from '../documentGate.ts';
import { readAttachments } from './attachments.ts';
import type { ChatCommand } from './commands.ts';
import { describeDiagnostics, diagnosticsIn } from './diagnostics.ts';
import type { Piece } from './pieces.ts';
import { promptFor, type PromptFacts } from './prompts.ts';
import { subjectOf, wholeSubject, type Subject } from './subject.ts';
import { testEvidence } from './testEvidence.ts';
import { testFileName, testFramework } from './testFramework.ts';

export interface Question {
  /** The subject first. */
  readonly pieces: readonly Piece[];
  /** Names of what was left out, with the reasons. */
  readonly skipped: readonly string[];
  /** What comes after the pieces. Empty: there is nothing to ask about. */
  readonly text: string;
  /** The code that a command is about, when it is a place of one document. */
  readonly subject?: Subject;
}

type Command = Exclude<ChatCommand, 'commit'>;
type Request = Pick<vscode.ChatRequest, 'prompt' | 'references'>;

/** What VS Code attaches for its own agent: a list of its skills and agents, longer than many prompts. */
const AGENT_INDEX = 'vscode.customizations';
/** What it attaches by itself: the open file or the part of it that is seen, and instruction files. */
const AUTOMATIC = ['vscode.implicit', 'vscode.instructions', AGENT_INDEX] as const;

function pieceOf({ document, range, text }: Subject): Piece {
  const name = vscode.workspace.asRelativePath(document.uri);
  return {
    title: `File ${name}, from line ${range.start.line + 1}:`,
    text,
    languageId: document.languageId,
    place: new vscode.Location(document.uri, range),
  };
}

/** Undefined for English, which the models take by themselves. */
function proseLanguage(): string | undefined {
  if (vscode.env.language.startsWith('en')) return undefined;
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(vscode.env.language);
}

/**
 * The selection that is attached, else what the editor shows, unless whole files are attached and
 * nothing is selected: then the question is about these.
 */
async function findSubject(
  command: Command,
  attached: readonly vscode.ChatPromptReference[],
): Promise<Subject | undefined> {
  for (const { value } of attached) {
    if (value instanceof vscode.Location) return attachedSubject(value);
  }
  const editor = currentEditor();
  if (!editor || (attached.length > 0 && editor.selection.isEmpty)) return undefined;
  if (command !== 'fix') return subjectOf(editor);
  const all = vscode.languages.getDiagnostics(editor.document.uri);
  return subjectOf(editor, (range) =>
    range && diagnosticsIn(all, range).length > 0
      ? undefined
      : diagnosticsIn(all, undefined)[0]?.range.start.line,
  );
}

/** The active editor, or one that is seen when that shows output or a comparison. */
function currentEditor(): vscode.TextEditor | undefined {
  return [vscode.window.activeTextEditor, ...vscode.window.visibleTextEditors].find(
    (editor) => editor && vscode.languages.match(documentSelector, editor.document) > 0,
  );
}

async function attachedSubject({ uri, range }: vscode.Location): Promise<Subject | undefined> {
  try {
    return wholeSubject(await vscode.workspace.openTextDocument(uri), range);
  } catch {
    // Vanished since: the attachments say so.
    return undefined;
  }
}

async function factsFor(
  command: Command,
  subject: Subject | undefined,
  request: string,
): Promise<PromptFacts> {
  const facts = { request, proseLanguage: proseLanguage() };
  if (!subject) return facts;
  const { document, range, symbol } = subject;
  const { uri, languageId } = document;
  const about = { ...facts, languageId, symbol };
  switch (command) {
    case 'fix': {
      const found = diagnosticsIn(vscode.languages.getDiagnostics(uri), range);
      return { ...about, diagnostics: describeDiagnostics(found) };
    }
    case 'tests': {
      const framework = testFramework(languageId, await testEvidence(uri, languageId));
      const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
      return { ...about, framework, testFile: testFileName(name, languageId) };
    }
    case 'explain':
    case 'doc':
      return about;
    default:
      return command satisfies never;
  }
}

/** Never throws for what is attached or open: what can't be used is in `skipped`. */
export async function questionOf(
  request: Request,
  command: Command | undefined,
  gate: DocumentGate,
): Promise<Question> {
  const admits = (uri: vscode.Uri): boolean => gate.admits(uri);
  if (!command) {
    const references = request.references.filter(({ id }) => !id.startsWith(AGENT_INDEX));
    const { pieces, skipped } = await readAttachments(references, admits);
    return { pieces, skipped, text: request.prompt };
  }
  const attached = request.references.filter(
    ({ id }) => !AUTOMATIC.some((prefix) => id.startsWith(prefix)),
  );
  const found = await findSubject(command, attached);
  const subject = found && admits(found.document.uri) ? found : undefined;
  const place = subject && pieceOf(subject);
  const others = attached.filter(({ value }) => !place || !isSame(value, place));
  const { pieces, skipped } = await readAttachments(others, admits);
  const all = [...(place ? [place] : []), ...pieces];
  const excluded = found && !subject && !(attached.length > 0) ? [excludedName(found)] : [];
  const isEmpty = all.length === 0 && request.prompt.trim() === '';
  return {
    pieces: all,
    skipped: [...excluded, ...skipped],
    text: isEmpty ? '' : promptFor(command, await factsFor(command, subject, request.prompt)),
    ...(subject ? { subject } : {}),
  };
}

/** True for the reference that became the subject. */
function isSame(value: unknown, { place }: Piece): boolean {
  return (
    value instanceof vscode.Location &&
    place instanceof vscode.Location &&
    value.uri.toString() === place.uri.toString() &&
    value.range.start.line === place.range.start.line
  );
}

function excludedName({ document }: Subject): string {
  const name = vscode.workspace.asRelativePath(document.uri);
  return vscode.l10n.t('{0} (on the exclude list)', name);
}
