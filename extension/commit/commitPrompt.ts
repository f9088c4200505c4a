/** What the model is asked when it shall write a commit message. Pure. */
import type { ChatMessage } from '../../backend/protocol/chat.ts';
import { fenced } from '../chat/pieces.ts';
import { fitDiff, type FileDiff } from './diff.ts';

export interface CommitFacts {
  readonly files: readonly FileDiff[];
  /** Paths that changed too, and whose lines say nothing. */
  readonly unseen: readonly string[];
  /** First lines of the last commits, newest first. */
  readonly subjects: readonly string[];
  /** What the author has said or begun to write. */
  readonly hint: string;
}

const INSTRUCTIONS = [
  'You write git commit messages.',
  'The first line says what the change does, in the imperative, in at most 72 characters.',
  'When the reasons are not obvious, an empty line and a short body follow.',
  'Answer with the message alone: no introduction, no quotation marks, no code block.',
].join(' ');

/** `type(scope)!: subject`, see conventionalcommits.org. */
const CONVENTIONAL = /^[a-z]+(?:\([^)]*\))?!?: \S/;

/** True when the project's own messages have that form. */
export function isConventional(subjects: readonly string[]): boolean {
  const matching = subjects.filter((subject) => CONVENTIONAL.test(subject)).length;
  return matching > 0 && matching * 2 >= subjects.length;
}

function earlier(subjects: readonly string[]): string[] {
  if (subjects.length === 0) return [];
  const list = subjects.map((subject) => `- ${subject}`).join('\n');
  return [`The last commits of this project:\n${list}`];
}

/** @param characters For all messages together, roughly. */
export function commitPrompt(facts: CommitFacts, characters: number): ChatMessage[] {
  const { files, unseen, subjects, hint } = facts;
  const style = isConventional(subjects)
    ? ' Begin it as theirs begin, with a type such as feat, fix, docs or refactor and a colon.'
    : subjects.length > 0
      ? ' Follow their style and language.'
      : '';
  const parts = [
    ...(unseen.length > 0 ? [`Changed too, not shown: ${unseen.join(', ')}`] : []),
    ...(hint === '' ? [] : [`The author says: ${hint}`]),
    `Write the commit message for these changes.${style}`,
  ];
  const before = earlier(subjects);
  const around = [INSTRUCTIONS, ...before, ...parts].join('\n\n').length;
  const diff = fenced(fitDiff(files, Math.max(0, characters - around)), 'diff');
  return [
    { role: 'system', content: INSTRUCTIONS },
    { role: 'user', content: [...before, diff, ...parts].join('\n\n') },
  ];
}
