/** Brings code from an answer to the indentation of the place it goes to. Pure; lines end in `\n`. */

function indentOf(line: string): string {
  return /^[\t ]*/.exec(line)?.[0] ?? '';
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** The indentation that all lines have in common. */
function commonIndent(lines: readonly string[]): string {
  let common: string | undefined;
  for (const line of lines) {
    if (isBlank(line)) continue;
    const indent = indentOf(line);
    common ??= indent;
    while (!indent.startsWith(common)) common = common.slice(0, -1);
  }
  return common ?? '';
}

/** The indentation of the first line that has text. */
export function baseIndent(text: string): string {
  return indentOf(text.split('\n').find((line) => !isBlank(line)) ?? '');
}

/** The width of one level, from the smallest step that occurs. */
function levelOf(lines: readonly string[]): number {
  const widths = lines.map((line) => indentOf(line).length).filter((width) => width > 0);
  return Math.min(...widths, 8);
}

function withTabs(lines: readonly string[]): string[] {
  const level = levelOf(lines);
  return lines.map((line) => {
    const indent = indentOf(line);
    if (indent.includes('\t')) return line;
    const levels = Math.floor(indent.length / level);
    return '\t'.repeat(levels) + ' '.repeat(indent.length % level) + line.slice(indent.length);
  });
}

/** One level of indentation as a text uses it; four spaces when it has none. */
export function levelIndent(text: string): string {
  const lines = text.split('\n').filter((line) => !isBlank(line));
  if (lines.some((line) => line.startsWith('\t'))) return '\t';
  const base = baseIndent(text).length;
  const steps = lines.map((line) => indentOf(line).length - base).filter((step) => step > 0);
  return ' '.repeat(steps.length === 0 ? 4 : Math.min(...steps));
}

/** Models often drop the indentation of the first line alone. */
function evenFirstLine(lines: readonly string[], indent: string): string[] {
  const [first = '', ...rest] = lines;
  const isShifted =
    indent !== '' &&
    rest.some((line) => !isBlank(line)) &&
    indentOf(first) === '' &&
    rest.every((line) => isBlank(line) || line.startsWith(indent));
  // A body one level in looks the same, but its last line comes back to the start.
  const last = rest.findLast((line) => !isBlank(line)) ?? '';
  return isShifted && indentOf(last) === indent ? [indent + first, ...rest] : [...lines];
}

/**
 * The code with its first level at `indent`, without blank lines around it; with tabs when `indent`
 * or the text around it uses them.
 */
export function reindent(code: string, indent: string, around: string): string {
  const trimmed = code.replace(/^(?:[\t ]*\n)+/, '').trimEnd();
  const lines = evenFirstLine(trimmed.split('\n'), indent);
  const common = commonIndent(lines).length;
  const bare = lines.map((line) => (isBlank(line) ? '' : line.slice(common)));
  const usesTabs = around.split('\n').some((line) => line.startsWith('\t'));
  return (usesTabs ? withTabs(bare) : bare)
    .map((line) => (line === '' ? '' : indent + line))
    .join('\n');
}
