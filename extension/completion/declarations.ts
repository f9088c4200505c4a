/** Declarations of the names that a file imports, from the language's own definition provider. */
import * as vscode from 'vscode';
import type { RelatedText } from '../../backend/protocol/documents.ts';
import { splitLines } from '../splitLines.ts';
import { declarationAt } from './declarationText.ts';
import { fileName } from './fileName.ts';
import { calledNames, importedNames, type NamePlace } from './imports.ts';

const MAX_NAMES = 8;
/** Lines before and after the cursor whose names count. */
const AROUND_LINES = 40;
const MAX_FILE_BYTES = 512 * 1024;
/** Asked again after so long: a language server that is still starting knows nothing yet. */
const RETRY_MS = 5000;
/** Answers remembered; each is a few lines. */
const MAX_KNOWN = 256;

interface Place {
  readonly uri: vscode.Uri;
  /** From 0. */
  readonly line: number;
}

/** What is asked of the editor; a test answers from a table. */
export interface DeclarationEdges {
  define(uri: vscode.Uri, position: vscode.Position): Promise<Place | undefined>;
  /** Text of a file; undefined when it can't be read or is too large. */
  read(uri: vscode.Uri): Promise<string | undefined>;
}

function placeOf(found: vscode.Location | vscode.LocationLink): Place {
  return 'targetUri' in found
    ? { uri: found.targetUri, line: found.targetRange.start.line }
    : { uri: found.uri, line: found.range.start.line };
}

const editorEdges: DeclarationEdges = {
  async define(uri, position) {
    const [found] = await vscode.commands.executeCommand<
      readonly (vscode.Location | vscode.LocationLink)[]
    >('vscode.executeDefinitionProvider', uri, position);
    return found && placeOf(found);
  },
  async read(uri) {
    // Opening it as a document would send it to the backend and to every language server.
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > MAX_FILE_BYTES) return undefined;
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  },
};

type Declaration = Omit<RelatedText, 'kind'>;

interface Known {
  /** Undefined for a name without a declaration of use. */
  readonly found: Declaration | undefined;
  readonly askedAt: number;
}

export class Declarations {
  /** By file and name. */
  private readonly known = new Map<string, Known>();

  /** @param admits true for files that may be read and sent */
  constructor(
    private readonly admits: (uri: vscode.Uri) => boolean,
    private readonly edges: DeclarationEdges = editorEdges,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Files changed: what was read may be old. */
  forget(): void {
    this.known.clear();
  }

  /**
   * Those that are known when the time is over; the others are there next time. Never rejects.
   * @param line of the cursor, from 0
   */
  async near(
    document: vscode.TextDocument,
    line: number,
    timeIsOver: Promise<void>,
  ): Promise<Declaration[]> {
    const names = this.namesNear(document, line);
    const uri = document.uri;
    const asked = names.map((name) => this.learn(uri, name));
    await Promise.race([Promise.allSettled(asked), timeIsOver]);
    // Sorted, so that the prompt does not change with the number of uses.
    return names
      .flatMap((name) => this.known.get(keyOf(uri, name))?.found ?? [])
      .sort((a, b) => (a.name + a.text < b.name + b.text ? -1 : 1));
  }

  private namesNear(document: vscode.TextDocument, line: number): NamePlace[] {
    const text = document.getText();
    const first = Math.max(0, line - AROUND_LINES);
    const lines = splitLines(text, line + AROUND_LINES).slice(first);
    const imported = importedNames(text, lines.join('\n'), MAX_NAMES);
    return imported.length > 0 ? imported : calledNames(lines, first, MAX_NAMES);
  }

  private async learn(uri: vscode.Uri, name: NamePlace): Promise<void> {
    const key = keyOf(uri, name);
    const known = this.known.get(key);
    if (known && (known.found || this.now() - known.askedAt < RETRY_MS)) return;
    const askedAt = this.now();
    const found = await this.find(uri, name).catch(() => undefined);
    this.known.delete(key);
    this.known.set(key, { found, askedAt });
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_KNOWN && oldest !== undefined) this.known.delete(oldest);
  }

  private async find(
    uri: vscode.Uri,
    { line, character }: NamePlace,
  ): Promise<Declaration | undefined> {
    const place = await this.edges.define(uri, new vscode.Position(line, character));
    if (!place || place.uri.toString() === uri.toString() || !this.admits(place.uri))
      return undefined;
    const source = await this.edges.read(place.uri);
    if (source === undefined || source.includes('\0')) return undefined;
    const text = declarationAt(source, place.line);
    return text === '' ? undefined : { name: fileName(place.uri), text };
  }
}

function keyOf(uri: vscode.Uri, { name }: NamePlace): string {
  return `${uri.toString()}\n${name}`;
}
