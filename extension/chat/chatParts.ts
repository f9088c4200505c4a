/** Everything behind `@tpu` and the commit button, wired together. */
import * as vscode from 'vscode';
import type { CommandHandlers } from '../backendCommands.ts';
import type { BackendConnection } from '../backendConnection.ts';
import { commands } from '../commandIds.ts';
import { chooseRepository } from '../commit/chooseRepository.ts';
import { CommitCommand } from '../commit/commitCommand.ts';
import { CommitWriter } from '../commit/commitWriter.ts';
import { Disposables } from '../disposables.ts';
import type { DocumentGate } from '../documentGate.ts';
import { AnswerApplier } from './apply/answerApplier.ts';
import { CommitAnswer } from './commitAnswer.ts';
import { ChatParticipant, registerChatParticipant } from './participant.ts';

export interface ChatParts {
  /** To be registered with the others. */
  readonly handlers: CommandHandlers;
  dispose(): void;
}

export function createChat(
  backend: BackendConnection,
  gate: DocumentGate,
  log: vscode.LogOutputChannel,
  extensionUri: vscode.Uri,
): ChatParts {
  const own = new Disposables();
  const writer = new CommitWriter(backend, gate, log);
  const commitCommand = new CommitCommand(writer);
  const answers = own.add(
    new AnswerApplier(async ({ root, text }) => {
      const choice = await chooseRepository(root);
      if (choice.kind !== 'repository') return;
      const { repository } = choice;
      await commitCommand.fill(repository, repository.inputBox.value, text);
      await vscode.commands.executeCommand('workbench.view.scm');
    }),
  );
  const commit = new CommitAnswer(writer, answers);
  const participant = new ChatParticipant({ backend, gate, answers, commit, log });
  own.add(registerChatParticipant(participant, extensionUri));
  return {
    handlers: {
      [commands.applyAnswer]: (argument) => answers.apply(argument),
      [commands.acceptChange]: () => answers.accept(),
      [commands.discardChange]: () => answers.discard(),
      [commands.writeCommitMessage]: (argument) => commitCommand.run(argument),
    },
    dispose: () => own.dispose(),
  };
}
