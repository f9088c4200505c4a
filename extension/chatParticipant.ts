/** `@tpu` in the chat view. */
import * as vscode from 'vscode';
import { abortOnCancel } from './abortOnCancel.ts';
import type { BackendConnection } from './backendConnection.ts';
import type { BackendSession } from './backendSession.ts';
import { readAttachments } from './chatAttachments.ts';
import { characterBudget, conversation, historyMessages, type TurnRecord } from './chatMessages.ts';
import { titleOf } from './commandIds.ts';
import type { DocumentGate } from './documentGate.ts';
import { problemOf, sentenceOf } from './problems.ts';
import { chatSettings } from './settings.ts';

export const PARTICIPANT_ID = 'tpu-pilot.tpu';

/** Assumed until the backend has named its model. */
const SMALL_CONTEXT = 4096;
/** Attachments may take this share of the room; the rest is for the conversation. */
const ATTACHMENT_SHARE = 0.6;

export class ChatParticipant {
  constructor(
    private readonly backend: BackendConnection,
    private readonly gate: DocumentGate,
    private readonly log: Pick<vscode.LogOutputChannel, 'warn' | 'debug'>,
  ) {}

  readonly handle: vscode.ChatRequestHandler = async (request, context, stream, token) => {
    // Filled while the answer streams, so that a stopped one is remembered as far as it got.
    const record: TurnRecord = { sent: '', answer: '' };
    try {
      await abortOnCancel(token, (signal) => this.answer(request, context, stream, record, signal));
    } catch (error) {
      const problem = problemOf(error);
      if (problem.name === 'cancelled') return { metadata: record };
      this.log.warn(`Chat request failed: ${problem.message}`);
      stream.button({ command: problem.action, title: titleOf(problem.action) });
      return { errorDetails: { message: sentenceOf(problem) }, metadata: record };
    }
    return { metadata: record };
  };

  private async answer(
    request: vscode.ChatRequest,
    context: vscode.ChatContext,
    stream: vscode.ChatResponseStream,
    record: TurnRecord,
    signal: AbortSignal,
  ): Promise<void> {
    const session = await this.session(stream, signal);
    const settings = chatSettings();
    const budget = characterBudget(this.contextLength(), settings.maxTokens);
    record.sent = await this.question(request, stream, budget * ATTACHMENT_SHARE);
    const result = await session.streamChat(
      {
        messages: conversation(
          settings.instructions,
          historyMessages(context.history),
          record.sent,
          budget,
        ),
        maxTokens: settings.maxTokens,
      },
      (progress) => {
        switch (progress.kind) {
          case 'text':
            record.answer += progress.text;
            stream.markdown(progress.text);
            break;
          case 'notice':
            stream.progress(progress.message);
            break;
          case 'thinking':
            // Not part of the answer; chat's stable API has no place for it.
            break;
          default:
            progress satisfies never;
        }
      },
      signal,
    );
    if (result.finishReason === 'length') {
      stream.markdown(
        `\n\n*${vscode.l10n.t('The answer was cut at its longest allowed length.')}*`,
      );
    }
    this.log.debug(
      `Chat: ${result.timings.generatedTokens} tokens in ${Math.round(result.timings.totalMs)} ms.`,
    );
  }

  private async session(
    stream: vscode.ChatResponseStream,
    signal: AbortSignal,
  ): Promise<BackendSession> {
    if (!this.backend.session) stream.progress(vscode.l10n.t('Waiting for the backend'));
    return this.backend.ready(signal);
  }

  /** The prompt with its attachments in front; says in the answer what was left out. */
  private async question(
    request: vscode.ChatRequest,
    stream: vscode.ChatResponseStream,
    budget: number,
  ): Promise<string> {
    const { text, used, skipped } = await readAttachments(
      request.references,
      (uri) => this.gate.admits(uri),
      budget,
    );
    for (const place of used) stream.reference(place);
    if (skipped.length > 0) {
      stream.markdown(`*${vscode.l10n.t('Not sent: {0}.', skipped.join(', '))}*\n\n`);
    }
    return text + request.prompt;
  }

  private contextLength(): number {
    const models = this.backend.status?.devices.flatMap((device) => device.models) ?? [];
    return models.find((model) => model.hasChatTemplate)?.contextLength ?? SMALL_CONTEXT;
  }
}

export function registerChatParticipant(
  participant: ChatParticipant,
  extensionUri: vscode.Uri,
): vscode.ChatParticipant {
  const registered = vscode.chat.createChatParticipant(PARTICIPANT_ID, participant.handle);
  registered.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
  return registered;
}
