/** Takes out what a chat model says around its code: thoughts, phrases, fences. */
import { linePrefix, type Cursor } from './cursor.ts';
import { languageOf } from './languages.ts';

const OPENERS = ['<think>', '<thinking>', '<reasoning>'];
const FENCE = /^\s*```[\w+#-]*[ \t]*\n/;
const OPEN_FENCE = /^\s*```[\w+#-]*[ \t]*$/;
const PHRASE =
  /^\s*(?:(?:sure|certainly|of course|absolutely|great)\b[!,]|here(?:['’]s| is| are) |below is |this (?:code|function) |the (?:following|above|code|function) |i(?:['’]ll| will| have|['’]ve| can(?:not|['’]t)?) |let['’]s |to (?:complete|implement) |you can |note that |explanation:|as an ai\b|i['’]m sorry)/i;
/** An empty thought, such as of a model told not to think, is shorter. */
const LONGEST_EMPTY_THOUGHT = 64;

/**
 * In prose such phrases are what is wanted, and a document may be about thoughts or fences: what it
 * has itself is left alone.
 * @param isWhole false while the model still writes
 * @returns undefined when there will be no code in it any more
 */
export function unwrapped(written: string, cursor: Cursor, isWhole: boolean): string | undefined {
  const answer = withoutThoughts(written, cursor, isWhole);
  if (answer === undefined || languageOf(cursor.language).layout === 'text') return answer;
  if (hasProse(cursor)) return answer;
  return PHRASE.test(answer) ? undefined : withoutFence(answer, isWhole);
}

function withoutThoughts(
  written: string,
  { before, after }: Cursor,
  isWhole: boolean,
): string | undefined {
  const start = written.trimStart();
  const opener = OPENERS.find((text) => start.startsWith(text));
  if (opener === undefined || before.includes(opener) || after.includes(opener)) return written;
  const closer = opener.replace('<', '</');
  const end = start.indexOf(closer);
  if (end >= 0) return start.slice(end + closer.length).replace(/^[ \t]*\n+/, '');
  return isWhole || start.length > LONGEST_EMPTY_THOUGHT ? undefined : '';
}

function withoutFence(text: string, isWhole: boolean): string | undefined {
  const fence = FENCE.exec(text)?.[0];
  if (fence !== undefined) return text.slice(fence.length);
  if (!OPEN_FENCE.test(text)) return text;
  return isWhole ? undefined : '';
}

/** Is the cursor inside a comment or a text in quotes, where phrases belong? */
function hasProse(cursor: Cursor): boolean {
  const prefix = linePrefix(cursor);
  const { lineComment, blockComment } = languageOf(cursor.language);
  const signs = [lineComment ?? '#', blockComment?.[0] ?? '/*', '"""', "'''"];
  return signs.some((sign) => prefix.includes(sign)) || /^\s*\*/.test(prefix) || isQuoted(prefix);
}

function isQuoted(prefix: string): boolean {
  return ['"', "'", '`'].some((quote) => prefix.split(quote).length % 2 === 0);
}
