/** Messages to the person, with the command that helps as a button. */
import * as vscode from 'vscode';
import { commands, titleOf, type CommandId } from './commandIds.ts';
import { problemOf, sentenceOf, type Problem } from './problems.ts';

type Show = (message: string, ...buttons: string[]) => Thenable<string | undefined>;

async function withButtons(
  show: Show,
  message: string,
  buttons: readonly CommandId[],
): Promise<void> {
  const chosen = await show(message, ...buttons.map(titleOf));
  const command = buttons.find((button) => titleOf(button) === chosen);
  if (command) await vscode.commands.executeCommand(command);
}

/** How long a brief word stays in the status bar. */
const BRIEF_MS = 10_000;

/** Says it in the status bar, where it asks for nothing and goes by itself. */
export function tellBriefly(text: string): void {
  vscode.window.setStatusBarMessage(`$(info) ${text}`, BRIEF_MS);
}

export async function inform(message: string, ...buttons: CommandId[]): Promise<void> {
  await withButtons(vscode.window.showInformationMessage, message, buttons);
}

/** For what is no error, but not as it was asked for. */
export async function warn(message: string, ...buttons: CommandId[]): Promise<void> {
  await withButtons(vscode.window.showWarningMessage, message, buttons);
}

/** What went wrong and what helps. `lines` are the last words of a process. */
export async function showProblem(error: unknown, lines: readonly string[] = []): Promise<void> {
  const problem = problemOf(error);
  if (problem.name === 'cancelled') return;
  const text = [sentenceOf(problem), ...lines].join('\n');
  await withButtons(vscode.window.showErrorMessage, text, buttonsFor(problem));
}

/** The same for something that others can go on with. */
export async function warnOf(problem: Problem): Promise<void> {
  await withButtons(vscode.window.showWarningMessage, sentenceOf(problem), buttonsFor(problem));
}

function buttonsFor({ action }: Problem): CommandId[] {
  return [...new Set<CommandId>([action, commands.showLog])];
}
