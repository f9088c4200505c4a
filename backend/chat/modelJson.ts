/** JSON as models write it: with slips, and several values where there should be one. */

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * The text with the slips mended that leave no doubt about what was meant: line ends inside strings,
 * commas before a closing bracket, closing brackets too many or too few at the end. Undefined when a
 * string was never closed, which is what a cut-off looks like.
 */
export function mendJson(text: string): string | undefined {
  const open: string[] = [];
  const mended: string[] = [];
  let inString = false;
  let isEscaped = false;
  for (const character of text) {
    if (inString) {
      mended.push(ESCAPES[character] ?? character);
      if (isEscaped) isEscaped = false;
      else if (character === '\\') isEscaped = true;
      else if (character === '"') inString = false;
      continue;
    }
    if (character === '"') inString = true;
    if (character === '{') open.push('}');
    if (character === '[') open.push(']');
    if (character === '}' || character === ']') {
      if (open.length === 0) continue;
      if (open.pop() !== character) return undefined;
      dropComma(mended);
    }
    mended.push(character);
  }
  if (inString) return undefined;
  if (open.length > 0) dropComma(mended);
  return [...mended, ...open.reverse()].join('');
}

/** White space at the end goes with it. */
function dropComma(mended: string[]): void {
  const last = mended.findLastIndex((character) => character.trim() !== '');
  if (mended[last] === ',') mended.length = last;
}

/**
 * The objects that stand side by side in a text, each as its own text; undefined when there is
 * anything else beside them than separators.
 */
export function objectsIn(text: string): string[] | undefined {
  const objects: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: mark, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gsu)) {
    if (mark === '{') {
      if (depth === 0) {
        if (!isSeparator(text.slice(start, index))) return undefined;
        start = index;
      }
      depth++;
    } else if (mark === '}' && depth > 0) {
      depth--;
      if (depth > 0) continue;
      objects.push(text.slice(start, index + 1));
      start = index + 1;
    }
  }
  return depth === 0 && isSeparator(text.slice(start)) ? objects : undefined;
}

function isSeparator(text: string): boolean {
  return text.replaceAll(/<\/?tool_call>|[\s;,]/gu, '') === '';
}

/** The value of a text, mended if that is wished and need be; undefined when it has none. */
export function parseModelJson(text: string, mend: boolean): unknown {
  for (const candidate of mend ? [text, mendJson(text)] : [text]) {
    try {
      if (candidate !== undefined) return JSON.parse(candidate);
    } catch {
      // The next may do.
    }
  }
  return undefined;
}
