/** Which function or class a line belongs to, by the outline of the language's own extension. */
import * as vscode from 'vscode';
import * as z from 'zod';

const Lines = z.object({
  start: z.object({ line: z.number() }),
  end: z.object({ line: z.number() }),
});

/** Providers are code of others, and VS Code hands on what they give. */
const Nested = z.object({
  name: z.string(),
  kind: z.number(),
  range: Lines,
  get children() {
    return z.array(Nested);
  },
});
const Flat = z.object({ name: z.string(), kind: z.number(), location: z.object({ range: Lines }) });
// VS Code's own objects are both at once; only as nested ones do they tell what is inside of what.
const Provided = z.array(z.union([Nested, Flat]));

export interface OutlineSymbol {
  readonly name: string;
  /** A `vscode.SymbolKind`, or one of a later VS Code. */
  readonly kind: number;
  /** From 0, both included. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly children: readonly OutlineSymbol[];
}

/** Symbols worth a question of their own; variables and fields are asked about with their owner. */
const UNITS: ReadonlySet<number> = new Set<number>([
  vscode.SymbolKind.Class,
  vscode.SymbolKind.Constructor,
  vscode.SymbolKind.Enum,
  vscode.SymbolKind.Function,
  vscode.SymbolKind.Interface,
  vscode.SymbolKind.Method,
  vscode.SymbolKind.Struct,
]);

/** The innermost function, method or class at that line. */
export function enclosingSymbol(
  symbols: readonly OutlineSymbol[],
  line: number,
): OutlineSymbol | undefined {
  for (const symbol of symbols) {
    if (line < symbol.firstLine || line > symbol.lastLine) continue;
    const inner = enclosingSymbol(symbol.children, line);
    if (inner) return inner;
    if (UNITS.has(symbol.kind)) return symbol;
  }
  return undefined;
}

function symbolOf(symbol: z.infer<typeof Nested> | z.infer<typeof Flat>): OutlineSymbol {
  const { name, kind } = symbol;
  const isNested = 'children' in symbol;
  const { start, end } = isNested ? symbol.range : symbol.location.range;
  const children = isNested ? sorted(symbol.children.map(symbolOf)) : [];
  return { name, kind, firstLine: start.line, lastLine: end.line, children };
}

/** Shortest first: of flat symbols around a line that is the innermost. */
function sorted(symbols: readonly OutlineSymbol[]): OutlineSymbol[] {
  return symbols.toSorted((a, b) => a.lastLine - a.firstLine - (b.lastLine - b.firstLine));
}

/** @param provided The answer of `vscode.executeDocumentSymbolProvider`, whatever it is. */
export function outlineOf(provided: unknown): OutlineSymbol[] {
  return sorted((Provided.safeParse(provided).data ?? []).map(symbolOf));
}
