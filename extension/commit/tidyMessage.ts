/** A commit message out of what a model wrote: nothing around it, and lines of the usual length. Pure. */
import { codeBlocks } from '../chat/apply/codeBlocks.ts';

/** What git's own tools show of a first line, and the usual width of a body. */
const WIDTH = 72;

const TEMPLATE_TOKEN = /<\|[^|<>]*\|>/g;
const THINKING = /<think>[^]*?(?:<\/think>|$)/g;
/** Of a diff that the model repeats. */
const DIFF_LINE = /^(?:diff --|index [0-9a-f]{4,}|@@ |\+\+\+|\+?---)/;
const FENCE = /^\s*(?:`{3,}|~{3,})\S*\s*$/;

/** Introductions such as "Sure! Here is the commit message:" */
const INTRODUCTION =
  /^(?:(?:sure|certainly|of course|ok(?:ay)?|here(?:'s| is| are)|the|this is|below is)\b[^\n]*[:：]|(?:sure|certainly|of course|ok(?:ay)?)[!.]|(?:好的|当然|以下是|这是)[^\n]*[:：])$/i;
/** What comes after a message: about it, or to its reader. */
const EPILOGUE =
  /^(?:this (?:commit )?message|let me know|i hope|i (?:have|'ve)|feel free|explanation\b|note:|please\b)/i;
const LABEL = /^(?:(?:commit )?(?:message|subject|title)|提交(?:信息|消息|说明))\s*[:：]\s*/i;

function unwrap(raw: string): string {
  const bare = raw.replaceAll('\r\n', '\n').replace(THINKING, '').replace(TEMPLATE_TOKEN, '');
  const block = codeBlocks(bare).find(({ text }) => text.trim() !== '');
  return block?.text ?? bare;
}

function withoutChatter(text: string): string[] {
  const lines = text.split('\n').filter((line) => !FENCE.test(line) && !DIFF_LINE.test(line));
  const first = lines.findIndex((line) => line.trim() !== '' && !INTRODUCTION.test(line.trim()));
  if (first < 0) return [];
  const kept = lines.slice(first);
  const end = kept.findIndex((line, index) => index > 0 && EPILOGUE.test(line.trim()));
  return kept.slice(0, end < 0 ? undefined : end);
}

/** Marks that models put around a first line: headings, emphasis, quotes, list dashes. */
function bareSubject(line: string): string {
  return line
    .trim()
    .replace(/^(?:#+|[-*•])\s+/, '')
    .replaceAll('**', '')
    .replace(LABEL, '')
    .replace(/^(["'`“])(.*)(["'`”])$/, '$2')
    .trim()
    .replace(/(?<![.。])[.。]$/, '');
}

/** A subject that is too long ends at a sentence, else at a word; the rest begins the body. */
function splitSubject(line: string): [subject: string, rest: string] {
  if (line.length <= WIDTH) return [line, ''];
  const sentence = [...line.slice(0, WIDTH + 1).matchAll(/[.;。；]\s*(?=\S)/g)].at(-1);
  // One that ends at once, as in "1. ", is not a sentence.
  if (sentence && sentence.index > 8) {
    return [line.slice(0, sentence.index), line.slice(sentence.index + sentence[0].length)];
  }
  const space = line.lastIndexOf(' ', WIDTH - 1);
  if (space <= 0) return [line, ''];
  return [`${line.slice(0, space)}…`, `…${line.slice(space + 1)}`];
}

/** Breaks one line at spaces; what follows a list mark is aligned with its text. */
function wrap(line: string): string {
  const indent = ' '.repeat(/^\s*(?:[-*•]|\d+\.)?\s*/.exec(line)?.[0].length ?? 0);
  const lines: string[] = [];
  let current = '';
  for (const word of line.trimEnd().split(/(?<=\S) /)) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (longer.length > WIDTH && current.trim() !== '') {
      lines.push(current);
      current = indent + word;
    } else {
      current = longer;
    }
  }
  return [...lines, current].join('\n');
}

/** Empty when there is no message in it. */
export function tidyMessage(raw: string): string {
  const [first = '', ...others] = withoutChatter(unwrap(raw));
  const [subject, rest] = splitSubject(bareSubject(first));
  if (subject === '') return '';
  const body = [rest, ...others]
    .map(wrap)
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  return body === '' ? subject : `${subject}\n\n${body}`;
}
