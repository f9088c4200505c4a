/** `@tpu /commit`: the commit message as an answer, with a button that puts it into the box. */
import * as vscode from 'vscode';
import { chooseRepository } from '../commit/chooseRepository.ts';
import { reasonOf } from '../commit/commitCommand.ts';
import type { CommitWriter } from '../commit/commitWriter.ts';
import { tellBriefly } from '../notices.ts';
import type { AnswerApplier } from './apply/answerApplier.ts';
import type { TurnRecord } from './messages.ts';
import { tellNotSent } from './notSent.ts';
import { fenced } from './pieces.ts';
import { showProgress } from './showProgress.ts';

/** More would fill the answer's head. */
const MOST_REFERENCES = 20;

export class CommitAnswer {
  constructor(
    private readonly writer: Pick<CommitWriter, 'write'>,
    private readonly answers: Pick<AnswerApplier, 'offer'>,
  ) {}

  /** @throws what git or the backend fails with */
  async answer(
    prompt: string,
    stream: vscode.ChatResponseStream,
    record: TurnRecord,
    signal: AbortSignal,
  ): Promise<void> {
    const choice = await chooseRepository(undefined);
    if (choice.kind === 'dismissed') return;
    if (choice.kind === 'none') {
      stream.markdown(choice.reason);
      if (choice.action) stream.button(choice.action);
      return;
    }
    const { repository } = choice;
    stream.progress(vscode.l10n.t('Reading the changes'));
    // The message is shown when it is whole: before, it isn't clear what of it is message.
    const onProgress = showProgress(stream, () => undefined, tellBriefly);
    const draft = await this.writer.write({ repository, hint: prompt, signal, onProgress });
    if (draft.kind !== 'message') {
      stream.markdown(reasonOf(draft) ?? '');
      return;
    }
    for (const path of draft.paths.slice(0, MOST_REFERENCES)) {
      stream.reference(vscode.Uri.joinPath(repository.rootUri, path));
    }
    tellNotSent(draft.excluded, stream);
    stream.markdown(`${fenced(draft.text, 'text')}\n`);
    // What is remembered of this turn doesn't hold the changes: no later question needs them.
    record.sent = `Write a commit message for my changes. ${prompt}`.trim();
    record.answer = draft.text;
    const root = repository.rootUri.toString();
    this.answers.offer([{ kind: 'commitMessage', root, text: draft.text }], stream);
  }
}
