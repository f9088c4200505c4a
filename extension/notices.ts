/** Messages to the person, with the command that helps as a button. */
import * as vscode from 'vscode';
import { commands, titleOf, type CommandId } from './commandIds.ts';
import { problemOf, sentenceOf, type Problem } from './problems.ts';

type Show = (message: string, ...buttons: string[]) => Thenable<string | undefined>;

/** A button, and what it does. */
export interface Choice {
  readonly title: string;
  readonly run: () => PromiseLike<unknown>;
}

function commandChoice(command: CommandId): Choice {
  return { title: titleOf(command), run: () => vscode.commands.executeCommand(command) };
}

async function withChoices(show: Show, message: string, choices: readonly Choice[]): Promise<void> {
  const chosen = await show(message, ...choices.map(({ title }) => title));
  await choices.find(({ title }) => title === chosen)?.run();
}

/** How long a brief word stays in the status bar. */
const BRIEF_MS = 10_000;

/** Says it in the status bar, where it asks for nothing and goes by itself. */
export function tellBriefly(text: string): void {
  vscode.window.setStatusBarMessage(`$(info) ${text}`, BRIEF_MS);
}

export async function inform(message: string, ...buttons: CommandId[]): Promise<void> {
  await offer(message, ...buttons.map(commandChoice));
}

/** For what is no error, but not as it was asked for. */
export async function warn(message: string, ...buttons: CommandId[]): Promise<void> {
  await offerWarning(message, ...buttons.map(commandChoice));
}

/** With buttons that are no commands. Rejects as the chosen one does. */
export async function offer(message: string, ...choices: Choice[]): Promise<void> {
  await withChoices(vscode.window.showInformationMessage, message, choices);
}

export async function offerWarning(message: string, ...choices: Choice[]): Promise<void> {
  await withChoices(vscode.window.showWarningMessage, message, choices);
}

/** What went wrong and what helps. `lines` are the last words of a process. */
export async function showProblem(error: unknown, lines: readonly string[] = []): Promise<void> {
  const problem = problemOf(error);
  if (problem.name === 'cancelled') return;
  const text = [sentenceOf(problem), ...lines].join('\n');
  await withChoices(vscode.window.showErrorMessage, text, buttonsFor(problem).map(commandChoice));
}

/** The same for something that others can go on with. */
export async function warnOf(problem: Problem): Promise<void> {
  await offerWarning(sentenceOf(problem), ...buttonsFor(problem).map(commandChoice));
}

function buttonsFor({ action }: Problem): CommandId[] {
  return [...new Set<CommandId>([action, commands.showLog])];
}
