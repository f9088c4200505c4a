/** Gives a suggestion's lines the document's kind of indentation. */
import type { Cursor } from './cursor.ts';

const USUAL_WIDTH = 4;

/** Tabs where the document has tabs, spaces where it has spaces; as written where it has neither. */
export function withIndentationOf(text: string, { before, after }: Cursor): string {
  if (!text.includes('\n')) return text;
  const indents = [...`${before}\n${after}`.matchAll(/^(?:\t+| {2,})(?=\S)/gm)].map(([all]) => all);
  const tabs = indents.filter((indent) => indent.startsWith('\t')).length;
  const spaces = indents.length - tabs;
  if (tabs === spaces) return text;
  const usesTabs = tabs > spaces;
  const width = usesTabs ? widthOf(indentsOf(text)) : widthOf(indents);
  const unit = ' '.repeat(width);
  return text.replace(/(?<=\n)[ \t]+/g, (indent) =>
    usesTabs ? indent.replaceAll(unit, '\t') : indent.replaceAll('\t', unit),
  );
}

function indentsOf(text: string): string[] {
  return [...text.matchAll(/(?<=\n) +(?=\S)/g)].map(([all]) => all);
}

/** Spaces of one level: the largest usual width that all indentations are multiples of. */
function widthOf(indents: readonly string[]): number {
  const widths = indents.filter((indent) => indent.startsWith(' ')).map(({ length }) => length);
  const fits = (width: number): boolean => widths.every((one) => one % width === 0);
  return [USUAL_WIDTH, 3, 2].find(fits) ?? USUAL_WIDTH;
}
