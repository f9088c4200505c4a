/**
 * The text from elsewhere that goes with a request. It is gathered while the cursor rests and kept
 * until the next time: a key never waits for it.
 *
 * In a workspace that is not trusted nothing is gathered: its files may be made to be read.
 */
import * as vscode from 'vscode';
import type { RelatedText } from '../../backend/protocol/documents.ts';
import { splitLines } from '../splitLines.ts';
import { Declarations } from './declarations.ts';
import { fileName } from './fileName.ts';
import { Neighbours, type Chunk, type SourceFile } from './neighbours.ts';
import { cellsBefore } from './notebookCells.ts';
import { diffText, RecentEdits } from './recentEdits.ts';
import { assembleRelated, RELATED_BUDGET } from './relatedText.ts';

/** For the language's providers; what they say later is there the next time. */
const PROVIDERS_MS = 150;
/** Files compared with the text at the cursor, those used last. */
const MAX_FILES = 8;
const LONGEST_FILE = 200_000;
/** Of the text around the cursor, in lines, that names are taken from. */
const AROUND_LINES = 30;
/** An edit this near is in the prompt already. */
const NEAR_LINES = 60;
const MAX_DOCUMENTS = 16;

type Gather = Pick<Declarations, 'near' | 'forget'>;

/** What is asked of the editor's window. */
export interface ContextEdges {
  isTrusted(): boolean;
  /** URIs of the text files that have a tab. */
  tabs(): string[];
  after(ms: number): Promise<void>;
}

const editorEdges: ContextEdges = {
  isTrusted: () => vscode.workspace.isTrusted,
  tabs: () =>
    vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri.toString()] : [])),
  after: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

interface Gathered {
  readonly texts: readonly RelatedText[];
  readonly chunks: readonly Chunk[];
}

export class CompletionContext {
  private readonly neighbours = new Neighbours();
  private readonly edits = new RecentEdits();
  private readonly gathered = new Map<string, Gathered>();
  /** URIs, least recently used first. */
  private recent: string[] = [];

  /** @param admits true for places that may be read and sent at all */
  constructor(
    private readonly admits: (uri: vscode.Uri) => boolean,
    private readonly declarations: Gather = new Declarations(
      (uri) => admits(uri) && vscode.workspace.getWorkspaceFolder(uri) !== undefined,
    ),
    private readonly edges: ContextEdges = editorEdges,
  ) {}

  /** What was gathered last for a document; empty before the first time. */
  relatedFor({ uri }: Pick<vscode.TextDocument, 'uri'>): readonly RelatedText[] {
    return this.edges.isTrusted() ? (this.gathered.get(uri.toString())?.texts ?? []) : [];
  }

  /** Somebody looks at the document: it is a neighbour of the others from now on. */
  visit(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    this.recent = [...this.recent.filter((other) => other !== key), key].slice(-MAX_FILES - 1);
    this.observe(document);
  }

  /** Gathers anew for the place where the cursor rests. Never rejects. */
  async refresh(document: vscode.TextDocument, line: number): Promise<void> {
    if (!this.edges.isTrusted() || !this.admits(document.uri)) return;
    this.observe(document);
    const key = document.uri.toString();
    const timeIsOver = this.edges.after(PROVIDERS_MS);
    const declarations = await this.declarations.near(document, line, timeIsOver);
    const cells = this.cellsBefore(document);
    const chunks = cells ? [] : this.chunksFor(document, line);
    const texts = assembleRelated({
      declarations,
      files: cells ?? chunks,
      edits: this.editsFor(key, line),
    });
    this.gathered.delete(key);
    this.gathered.set(key, { texts, chunks });
    const [oldest] = this.gathered.keys();
    if (this.gathered.size > MAX_DOCUMENTS && oldest !== undefined) this.gathered.delete(oldest);
  }

  /** A file was saved: declarations in it may have changed. */
  saved(): void {
    this.declarations.forget();
  }

  forget({ uri }: Pick<vscode.TextDocument, 'uri'>): void {
    const key = uri.toString();
    this.gathered.delete(key);
    this.recent = this.recent.filter((other) => other !== key);
    this.edits.forget(key);
  }

  private observe(document: vscode.TextDocument): void {
    if (this.edges.isTrusted() && this.admits(document.uri)) {
      this.edits.observe(document.uri.toString(), document.getText());
    }
  }

  private cellsBefore(document: vscode.TextDocument): { name: string; text: string }[] | undefined {
    const key = document.uri.toString();
    const notebook = vscode.workspace.notebookDocuments.find((open) =>
      open.getCells().some((cell) => cell.document.uri.toString() === key),
    );
    if (!notebook) return undefined;
    const name = fileName(notebook.uri);
    return cellsBefore(notebook.getCells(), document, RELATED_BUDGET.files).map(
      ({ number, text }) => ({ name: `${name}, cell ${number}`, text }),
    );
  }

  private chunksFor(document: vscode.TextDocument, line: number): Chunk[] {
    const key = document.uri.toString();
    const tabs = new Set(this.edges.tabs());
    const files = vscode.workspace.textDocuments
      .filter(({ uri }) => tabs.has(uri.toString()) && uri.toString() !== key && this.admits(uri))
      .sort((a, b) => this.lastVisit(b) - this.lastVisit(a))
      .slice(0, MAX_FILES)
      .map((other): SourceFile & { text: string } => {
        const text = other.getText();
        const name = fileName(other.uri);
        return { name, version: other.version, text, getText: () => text };
      })
      .filter(({ text }) => text.length <= LONGEST_FILE)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const lines = splitLines(document.getText(), line + AROUND_LINES);
    const around = lines.slice(Math.max(0, line - AROUND_LINES)).join('\n');
    const before = this.gathered.get(key)?.chunks ?? [];
    return this.neighbours.choose(files, around, RELATED_BUDGET.files, before);
  }

  private lastVisit({ uri }: vscode.TextDocument): number {
    return this.recent.indexOf(uri.toString());
  }

  private editsFor(key: string, line: number): { name: string; text: string }[] {
    return this.edits.edits
      .filter((edit) => this.admits(vscode.Uri.parse(edit.key)))
      .filter((edit) => edit.key !== key || Math.abs(edit.hunk.line - line) > NEAR_LINES)
      .map((edit) => ({
        name: fileName(vscode.Uri.parse(edit.key)),
        text: diffText(edit.hunk),
      }));
  }
}
