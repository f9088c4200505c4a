/**
 * The backend's chat model as a language model of VS Code. `@tpu` needs it too: without an account
 * VS Code has no other model to hand a participant, and refuses the request before we see it.
 */
import * as vscode from 'vscode';
import type { ChatMessage } from '../backend/protocol/chat.ts';
import { abortOnCancel } from './abortOnCancel.ts';
import type { BackendConnection } from './backendConnection.ts';
import { guard } from './guard.ts';
import { problemOf, sentenceOf } from './problems.ts';
import { chatSettings } from './settings.ts';

/** As in package.json, `contributes.languageModelChatProviders`. */
const VENDOR = 'tpu-pilot';

/** Assumed until the backend has named its model. */
const SMALL_CONTEXT = 4096;
/** Rough, and on the safe side for code. */
const CHARACTERS_PER_TOKEN = 3;

/** Newer than our typings: since VS Code 1.120 a model without it is missing from the picker. */
interface SelectableModel extends vscode.LanguageModelChatInformation {
  readonly isUserSelectable: true;
}

type Message = Pick<vscode.LanguageModelChatRequestMessage, 'role' | 'content'>;

export class LanguageModelProvider
  implements vscode.LanguageModelChatProvider<SelectableModel>, vscode.Disposable
{
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listener: vscode.Disposable;
  private shown = '';

  readonly onDidChangeLanguageModelChatInformation = this.changed.event;

  constructor(private readonly backend: BackendConnection) {
    // The status changes every second under load, the model seldom.
    this.listener = backend.onDidChange(() => {
      const model = JSON.stringify(this.describe());
      if (model === this.shown) return;
      this.shown = model;
      this.changed.fire();
    });
  }

  dispose(): void {
    this.listener.dispose();
    this.changed.dispose();
  }

  /** One model, also while there is no backend: its answer then says why. */
  provideLanguageModelChatInformation(): SelectableModel[] {
    const model = this.describe();
    this.shown = JSON.stringify(model);
    return [model];
  }

  private describe(): SelectableModel {
    const models = this.backend.status?.devices.flatMap((device) => device.models) ?? [];
    const model = models.find(({ hasChatTemplate }) => hasChatTemplate);
    const maxOutputTokens = chatSettings().maxTokens;
    return {
      id: 'chat',
      name: model?.name ?? 'TPU Pilot',
      family: 'tpu-pilot',
      version: '1',
      detail: 'TPU Pilot',
      maxInputTokens: Math.max(1, (model?.contextLength ?? SMALL_CONTEXT) - maxOutputTokens),
      maxOutputTokens,
      // The picker of Agent mode, the default, lists no model without it. Tools that VS Code
      // offers are not passed on: the model answers in text.
      capabilities: { toolCalling: true },
      isUserSelectable: true,
    };
  }

  async provideLanguageModelChatResponse(
    _model: SelectableModel,
    messages: readonly Message[],
    _options: vscode.ProvideLanguageModelChatResponseOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    try {
      await abortOnCancel(token, async (signal) => {
        const session = await this.backend.ready(signal);
        const request = {
          messages: messages.map(chatMessage),
          maxTokens: chatSettings().maxTokens,
        };
        await session.streamChat(
          request,
          (part) => {
            if (part.kind === 'text') progress.report(new vscode.LanguageModelTextPart(part.text));
          },
          signal,
        );
      });
    } catch (error) {
      throw new Error(sentenceOf(problemOf(error)), { cause: error });
    }
  }

  provideTokenCount(_model: SelectableModel, text: string | Message): Promise<number> {
    const { content } = typeof text === 'string' ? { content: text } : chatMessage(text);
    return Promise.resolve(Math.ceil(content.length / CHARACTERS_PER_TOKEN));
  }
}

/** Parts other than text are left out. */
function chatMessage({ role, content }: Message): ChatMessage {
  const text = content.flatMap((part) =>
    part instanceof vscode.LanguageModelTextPart ? [part.value] : [],
  );
  return { role: roleOf(role), content: text.join('') };
}

function roleOf(role: vscode.LanguageModelChatMessageRole): ChatMessage['role'] {
  switch (role) {
    case vscode.LanguageModelChatMessageRole.User:
      return 'user';
    case vscode.LanguageModelChatMessageRole.Assistant:
      return 'assistant';
    default:
      // VS Code sends its instructions with role 3, which the typings don't name.
      return 'system';
  }
}

export function registerLanguageModel(
  provider: LanguageModelProvider,
  log: Pick<vscode.LogOutputChannel, 'error'>,
): vscode.Disposable {
  const registered = vscode.lm.registerLanguageModelChatProvider(VENDOR, provider);
  // Asking for the models makes VS Code list them: until something asks, the picker is empty and
  // the first question to @tpu would fail.
  guard(log, vscode.lm.selectChatModels({ vendor: VENDOR }));
  return registered;
}
