/** How a process of the toolchain has ended, and how that is said. Pure. */
import { toPlainText } from '../formats/plainText.ts';

/** Exit code 0 is the tool's own opinion, no more. */
export type ToolEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly lastLines: readonly string[] }
  | { readonly kind: 'killed'; readonly by: string; readonly lastLines: readonly string[] }
  | { readonly kind: 'timeout'; readonly lastLines: readonly string[] }
  | { readonly kind: 'silent'; readonly lastLines: readonly string[] }
  /** There is no such program, or it may not be run. */
  | { readonly kind: 'notStarted'; readonly reason: string };

export function describeEnd(ended: ToolEnd): string {
  switch (ended.kind) {
    case 'exited':
      return `exit code ${ended.code}`;
    case 'killed':
      return `ended by ${ended.by}`;
    case 'timeout':
      return 'it did not end in time';
    case 'silent':
      return 'it said nothing any more';
    case 'notStarted':
      return ended.reason === 'ENOENT' ? 'there is no such program' : ended.reason;
  }
}

export function hasSucceeded(ended: ToolEnd): boolean {
  return ended.kind === 'exited' && ended.code === 0;
}

/** How a step ended and the last thing it said, for an error's reason. */
export function lastWords(ended: ToolEnd): string {
  const lines = ended.kind === 'notStarted' ? [] : ended.lastLines;
  const last = lines.findLast((line) => line.trim() !== '');
  return last === undefined
    ? describeEnd(ended)
    : `${describeEnd(ended)}: ${toPlainText(last.trim(), 300)}`;
}
