/** What can be done with an answer: the buttons below it. */
import type * as vscode from 'vscode';
import * as z from 'zod';
import type { ChatCommand } from '../commands.ts';
import { testFileName } from '../testFramework.ts';
import { chooseBlock, codeBlocks, isFragment } from './codeBlocks.ts';
import { documentationEdit } from './documentation.ts';
import { baseIndent, reindent } from './indent.ts';

/**
 * Arguments of the command behind a button. They go through VS Code and back, so they are plain, and
 * they hold all that is needed to see whether the document is still the same.
 */
export const Proposal = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('replace'),
    uri: z.string(),
    /** First line, from 0. */
    line: z.int().min(0),
    /** Whole lines, which end with `\n`; they must still be there. */
    original: z.string(),
    text: z.string(),
  }),
  z.object({
    kind: z.literal('newFile'),
    /** Where it would be saved; undefined for an untitled document without a place. */
    uri: z.string().optional(),
    languageId: z.string(),
    text: z.string(),
  }),
  z.object({ kind: z.literal('insert'), text: z.string() }),
  z.object({ kind: z.literal('commitMessage'), root: z.string(), text: z.string() }),
]);
export type Proposal = z.infer<typeof Proposal>;

/** The code that a command was about, as it was sent. */
export interface Target {
  readonly uri: vscode.Uri;
  readonly languageId: string;
  /** All lines of the document, without their ends. */
  readonly lines: readonly string[];
  /** First line of the code and the one after its last. */
  readonly start: number;
  readonly end: number;
}

function replacement(target: Target, edit: { start: number; end: number; text: string }): Proposal {
  return {
    kind: 'replace',
    uri: target.uri.toString(),
    line: edit.start,
    original: target.lines.slice(edit.start, edit.end).join('\n'),
    text: edit.text,
  };
}

function correction(target: Target, answer: string): Proposal[] {
  const { start, end } = target;
  const original = target.lines.slice(start, end).join('\n');
  const block = chooseBlock(codeBlocks(answer), target.languageId, end - start);
  if (!block || isFragment(block, original)) return [];
  const text = reindent(block.text, baseIndent(original), original);
  return text === original ? [] : [replacement(target, { start, end, text })];
}

function documentation(target: Target, answer: string): Proposal[] {
  const block = chooseBlock(codeBlocks(answer), target.languageId);
  if (!block) return [];
  const edit = documentationEdit(target.lines, target.start, block.text, target.languageId);
  return edit ? [replacement(target, edit)] : [];
}

function testFile({ uri, languageId }: Target, answer: string): Proposal[] {
  const block = chooseBlock(codeBlocks(answer), languageId);
  if (!block) return [];
  const text = `${block.text.trim()}\n`;
  const path = uri.path.split('/');
  const name = testFileName(path.at(-1) ?? '', languageId);
  const place = uri.with({ path: [...path.slice(0, -1), name].join('/') });
  const named = uri.scheme === 'untitled' ? {} : { uri: place.toString() };
  return [
    { kind: 'newFile', languageId, text, ...named },
    { kind: 'insert', text },
  ];
}

/** Empty when the answer holds nothing that can be applied safely. */
export function proposalsFor(command: ChatCommand, target: Target, answer: string): Proposal[] {
  switch (command) {
    case 'fix':
      return correction(target, answer);
    case 'doc':
      return documentation(target, answer);
    case 'tests':
      return testFile(target, answer);
    case 'explain':
    case 'commit':
      return [];
    default:
      return command satisfies never;
  }
}
