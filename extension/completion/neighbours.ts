/** The pieces of other open files that are most like the text around the cursor. */
import { splitLines } from '../splitLines.ts';
import { identifiersOf, jaccard } from './identifiers.ts';

/** Lines of a piece. Pieces stay where they are when a file grows at its end. */
const CHUNK_LINES = 32;
/** Of a longer line a person has written nothing: it is data, or minified. */
const LONGEST_LINE = 400;
/** Below this, two texts share little but chance. */
const LEAST_SCORE = 0.06;
/** A piece that was chosen before stays until another is better by a quarter: a stable prompt. */
const LOYALTY = 1.25;

export interface SourceFile {
  /** Relative to the workspace. */
  readonly name: string;
  readonly version: number;
  getText(): string;
}

export interface Chunk {
  readonly name: string;
  /** From 0. */
  readonly line: number;
  readonly text: string;
}

interface ScoredChunk extends Chunk {
  readonly identifiers: ReadonlySet<string>;
}

/** Cuts a text into pieces; empty for binary files. Line ends become LF. */
export function chunksOf(name: string, text: string): Chunk[] {
  if (text.includes('\0')) return [];
  const lines = splitLines(text);
  const chunks: Chunk[] = [];
  for (let line = 0; line < lines.length; line += CHUNK_LINES) {
    const part = lines.slice(line, line + CHUNK_LINES);
    if (part.some(({ length }) => length > LONGEST_LINE)) continue;
    const joined = part.join('\n').trimEnd();
    if (joined !== '') chunks.push({ name, line, text: joined });
  }
  return chunks;
}

/** Cuts files and remembers the pieces until the file changes. */
export class Neighbours {
  private readonly cut = new Map<string, { version: number; chunks: readonly ScoredChunk[] }>();

  /**
   * The best pieces in the order of `files`, so that the prompt stays the same for long.
   * @param around text at the cursor
   * @param budget characters of all pieces together
   * @param before what was chosen last time
   */
  choose(
    files: readonly SourceFile[],
    around: string,
    budget: number,
    before: readonly Chunk[] = [],
  ): Chunk[] {
    const wanted = identifiersOf(around);
    const chosenBefore = new Set(before.map(keyOf));
    this.forgetAllBut(files);
    const ranked = files
      .flatMap((file) => this.chunksOf(file))
      .map((chunk) => {
        const score = jaccard(wanted, chunk.identifiers);
        return { chunk, score: chosenBefore.has(keyOf(chunk)) ? score * LOYALTY : score };
      })
      .filter(({ score }) => score >= LEAST_SCORE)
      .sort((a, b) => b.score - a.score);
    let left = budget;
    const chosen = new Set<Chunk>();
    for (const { chunk } of ranked) {
      if (chunk.text.length > left) continue;
      left -= chunk.text.length;
      chosen.add(chunk);
    }
    return files
      .flatMap((file) => this.chunksOf(file))
      .filter((chunk) => chosen.has(chunk))
      .map(({ name, line, text }) => ({ name, line, text }));
  }

  private chunksOf(file: SourceFile): readonly ScoredChunk[] {
    const known = this.cut.get(file.name);
    if (known?.version === file.version) return known.chunks;
    const chunks = chunksOf(file.name, file.getText()).map((chunk) => ({
      ...chunk,
      identifiers: identifiersOf(chunk.text),
    }));
    this.cut.set(file.name, { version: file.version, chunks });
    return chunks;
  }

  private forgetAllBut(files: readonly SourceFile[]): void {
    const names = new Set(files.map(({ name }) => name));
    for (const name of this.cut.keys()) if (!names.has(name)) this.cut.delete(name);
  }
}

function keyOf({ name, line }: Chunk): string {
  return `${name}\n${line}`;
}
