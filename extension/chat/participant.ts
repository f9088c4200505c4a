/** `@tpu` in the chat view. */
import * as vscode from 'vscode';
import type { ChatMessage } from '../../backend/protocol/chat.ts';
import { abortOnCancel } from '../abortOnCancel.ts';
import type { BackendConnection } from '../backendConnection.ts';
import type { BackendSession } from '../backendSession.ts';
import { chatContextLength } from '../chatModel.ts';
import { titleOf } from '../commandIds.ts';
import type { DocumentGate } from '../documentGate.ts';
import { wantsThinking } from '../languageModel/thinkingChoice.ts';
import { tellBriefly } from '../notices.ts';
import { problemOf, sentenceOf } from '../problems.ts';
import { chatSettings } from '../settings.ts';
import type { AnswerApplier } from './apply/answerApplier.ts';
import { proposalsFor, type Target } from './apply/proposals.ts';
import { commandOf, type ChatCommand } from './commands.ts';
import type { CommitAnswer } from './commitAnswer.ts';
import { countBy, fitContext, promptTokens } from './fitContext.ts';
import { followups } from './followups.ts';
import { conversation, historyMessages, type TurnRecord } from './messages.ts';
import { tellNotSent } from './notSent.ts';
import { compose, type Composed } from './pieces.ts';
import { questionOf, type Question } from './question.ts';
import { showProgress } from './showProgress.ts';
import type { Subject } from './subject.ts';

export const PARTICIPANT_ID = 'tpu-pilot.tpu';

/** The pieces of a question may take this share of the room; the rest is for the conversation. */
const PIECES_SHARE = 0.6;

export interface ParticipantParts {
  readonly backend: BackendConnection;
  readonly gate: DocumentGate;
  readonly answers: Pick<AnswerApplier, 'offer'>;
  readonly commit: Pick<CommitAnswer, 'answer'>;
  readonly log: Pick<vscode.LogOutputChannel, 'warn' | 'debug'>;
}

interface Prompt {
  readonly composed: Composed;
  readonly sent: string;
  readonly messages: readonly ChatMessage[];
}

export class ChatParticipant {
  constructor(private readonly parts: ParticipantParts) {}

  readonly handle: vscode.ChatRequestHandler = async (request, context, stream, token) => {
    const command = commandOf(request.command);
    // Filled while the answer streams, so that a stopped one is remembered as far as it got.
    const record: TurnRecord = { sent: '', answer: '', ...(command ? { command } : {}) };
    try {
      await abortOnCancel(token, (signal) =>
        command === 'commit'
          ? this.parts.commit.answer(request.prompt, stream, record, signal)
          : this.answer(request, command, context, stream, record, signal),
      );
    } catch (error) {
      const problem = problemOf(error);
      if (problem.name === 'cancelled') return { metadata: record };
      this.parts.log.warn(`Chat request failed: ${problem.message}`);
      stream.button({ command: problem.action, title: titleOf(problem.action) });
      return { errorDetails: { message: sentenceOf(problem) }, metadata: record };
    }
    return { metadata: record };
  };

  private async answer(
    request: vscode.ChatRequest,
    command: Exclude<ChatCommand, 'commit'> | undefined,
    context: vscode.ChatContext,
    stream: vscode.ChatResponseStream,
    record: TurnRecord,
    signal: AbortSignal,
  ): Promise<void> {
    const session = await readySession(this.parts.backend, stream, signal);
    const question = await questionOf(request, command, this.parts.gate);
    if (question.text === '') {
      tellNotSent(question.skipped, stream);
      stream.markdown(
        vscode.l10n.t('There is no code to look at. Open a file, or attach one with #.'),
      );
      return;
    }
    const prompt = await this.fit(question, historyMessages(context.history), session, signal);
    for (const place of prompt.composed.used) stream.reference(place);
    tellNotSent([...question.skipped, ...prompt.composed.cut], stream);
    record.sent = prompt.sent;
    const target = command && question.subject && targetOf(question.subject, command);
    const settings = chatSettings();
    const { maxTokens } = settings;
    const thinking = wantsThinking(request, settings.thinking);
    const endNotes: string[] = [];
    const result = await session.streamChat(
      { messages: [...prompt.messages], maxTokens, thinking },
      showProgress(
        stream,
        (text) => {
          record.answer += text;
          stream.markdown(text);
        },
        (notice) => {
          tellBriefly(notice);
          endNotes.push(notice);
        },
      ),
      signal,
    );
    if (result.finishReason === 'length') {
      endNotes.push(vscode.l10n.t('The answer was cut at its longest allowed length.'));
    }
    for (const note of endNotes) stream.markdown(`\n\n*${note}*`);
    if (target)
      this.parts.answers.offer(proposalsFor(target.command, target, record.answer), stream);
    const { generatedTokens, totalMs } = result.timings;
    this.parts.log.debug(`Chat: ${generatedTokens} tokens in ${Math.round(totalMs)} ms.`);
  }

  private fit(
    question: Question,
    history: readonly ChatMessage[],
    session: BackendSession,
    signal: AbortSignal,
  ): Promise<Prompt> {
    const { instructions, maxTokens } = chatSettings();
    const limit = promptTokens(chatContextLength(this.parts.backend.status), maxTokens);
    const build = (characters: number): Prompt => {
      const composed = compose(question.pieces, characters * PIECES_SHARE);
      const sent = composed.text + question.text;
      return { composed, sent, messages: conversation(instructions, history, sent, characters) };
    };
    return fitContext(build, limit, countBy(session, signal));
  }
}

/** The session, with a word to the reader when it has to be waited for. */
async function readySession(
  backend: BackendConnection,
  stream: Pick<vscode.ChatResponseStream, 'progress'>,
  signal: AbortSignal,
): Promise<BackendSession> {
  if (!backend.session) stream.progress(vscode.l10n.t('Waiting for the backend'));
  return backend.ready(signal);
}

/** The document as it was when it was sent; what happens to it meanwhile shows when applying. */
function targetOf<C extends ChatCommand>(
  { document, range }: Subject,
  command: C,
): Target & { command: C } {
  return {
    command,
    uri: document.uri,
    languageId: document.languageId,
    lines: document.getText().split(/\r\n|\n/),
    start: range.start.line,
    end: range.end.line + 1,
  };
}

export function registerChatParticipant(
  participant: ChatParticipant,
  extensionUri: vscode.Uri,
): vscode.ChatParticipant {
  const registered = vscode.chat.createChatParticipant(PARTICIPANT_ID, participant.handle);
  registered.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
  registered.followupProvider = followups;
  return registered;
}
