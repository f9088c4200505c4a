/**
 * The backend's chat models as language models of VS Code. `@tpu` needs them too: without an account
 * VS Code has no other model to hand a participant, and refuses the request before we see it.
 */
import * as vscode from 'vscode';
import * as z from 'zod';
import { abortOnCancel } from '../abortOnCancel.ts';
import type { BackendConnection } from '../backendConnection.ts';
import type { BackendSession } from '../backendSession.ts';
import { guard } from '../guard.ts';
import { chatSettings } from '../settings.ts';
import { AnswerReport, Notices } from './answerReport.ts';
import { languageModelError } from './failure.ts';
import { chatMessages, type RequestMessage } from './messages.ts';
import { chatModels, KnownModel, listedModels, type PilotModel } from './models.ts';
import { isForGroup, newerParts } from './newerApi.ts';
import { samplingOf } from './sampling.ts';
import { wantsThinking } from './thinkingChoice.ts';
import { TokenCounter } from './tokenCounter.ts';
import { orderedTools } from './tools.ts';

/** Where the models of the last backend are kept, so that the picker keeps its choice. */
const MEMORY_KEY = 'chatModels';
/** Characters of a tool's answer for each token of the context: more could not be read. */
const RESULT_CHARACTERS_PER_TOKEN = 8;
/** The template's share of a message that is counted alone. */
const TOKENS_PER_MESSAGE = 5;

type ChatRequest = Parameters<BackendSession['streamChat']>[0];

export class LanguageModelProvider
  implements vscode.LanguageModelChatProvider<PilotModel>, vscode.Disposable
{
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listeners: vscode.Disposable[];
  private readonly counter = new TokenCounter();
  private readonly notices: Notices;
  private shown = '';

  readonly onDidChangeLanguageModelChatInformation = this.changed.event;

  constructor(
    private readonly backend: BackendConnection,
    private readonly memory: vscode.Memento,
    private readonly log: Pick<vscode.LogOutputChannel, 'info' | 'debug' | 'error'>,
    private readonly parts = newerParts(),
  ) {
    this.notices = new Notices(log);
    const check = (): void => this.check();
    this.listeners = [backend.onDidChange(check), vscode.workspace.onDidChangeConfiguration(check)];
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.changed.dispose();
  }

  /**
   * Each model once. VS Code asks again for every group of models that a person has configured of
   * this vendor; the same models there would be listed twice.
   */
  provideLanguageModelChatInformation(options?: unknown): PilotModel[] {
    if (isForGroup(options)) return [];
    const models = listedModels(this.known(), chatSettings());
    this.shown = JSON.stringify(models);
    return models;
  }

  async provideLanguageModelChatResponse(
    model: PilotModel,
    messages: readonly RequestMessage[],
    options: vscode.ProvideLanguageModelChatResponseOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const report = new AnswerReport(progress, this.parts, this.notices, token);
    try {
      const result = await abortOnCancel(token, async (signal) => {
        const session = await this.backend.ready(signal);
        const request = this.request(model, messages, options, report);
        return session.streamChat(request, report.add, signal);
      });
      if (token.isCancellationRequested) throw new vscode.CancellationError();
      report.end(result);
      const { generatedTokens, totalMs } = result.timings;
      this.log.debug(`Chat model: ${generatedTokens} tokens in ${Math.round(totalMs)} ms.`);
    } catch (error) {
      if (token.isCancellationRequested) throw new vscode.CancellationError();
      throw languageModelError(error);
    }
  }

  /** By the model's own tokenizer; an estimate while there is no backend. */
  async provideTokenCount(model: PilotModel, text: string | RequestMessage): Promise<number> {
    const count = (piece: string): Promise<number> =>
      this.counter.count(this.backend.session, model, piece);
    if (typeof text === 'string') return count(text);
    const counts = chatMessages([text]).map(async ({ content, toolCalls }) => {
      const calls = toolCalls === undefined ? '' : JSON.stringify(toolCalls);
      return TOKENS_PER_MESSAGE + (await count(content + calls));
    });
    return (await Promise.all(counts)).reduce((sum, tokens) => sum + tokens, 0);
  }

  private request(
    model: PilotModel,
    messages: readonly RequestMessage[],
    options: vscode.ProvideLanguageModelChatResponseOptions,
    report: AnswerReport,
  ): ChatRequest {
    const { tools: offered = [], toolMode, modelOptions } = options;
    const settings = chatSettings();
    const canCall = model.hasTools || model.backendId === undefined;
    if (offered.length > 0 && !canCall) {
      report.notice(vscode.l10n.t('{0} cannot call tools: it answers without them.', model.name));
    }
    const tools = canCall ? orderedTools(offered) : [];
    const sampling = samplingOf(modelOptions);
    return {
      messages: chatMessages(messages, model.contextLength * RESULT_CHARACTERS_PER_TOKEN),
      maxTokens: Math.min(settings.maxTokens, model.maxOutputTokens),
      // Work that goes on for many rounds lets the person's other requests go first.
      class: offered.length > 0 ? 'agent' : 'chat',
      ...(this.isLoaded(model) && { model: model.id }),
      ...(model.canThink && { thinking: wantsThinking(options, settings.thinking) }),
      ...(tools.length > 0 && { tools, toolChoice: choiceOf(toolMode) }),
      ...(sampling && { sampling }),
    };
  }

  /** A model that is only remembered is gone, maybe: the backend takes the one it has then. */
  private isLoaded({ id }: PilotModel): boolean {
    return chatModels(this.backend.status).some((model) => model.id === id);
  }

  /** Those of the backend; of the last one while there is none, or it loads them. */
  private known(): readonly KnownModel[] {
    const { status } = this.backend;
    const loaded = chatModels(status);
    const isLoading = status === undefined || ['starting', 'draining'].includes(status.state);
    if (loaded.length > 0 || !isLoading) return loaded;
    return z.array(KnownModel).safeParse(this.memory.get(MEMORY_KEY)).data ?? [];
  }

  /** The status changes every second under load, the models seldom. */
  private check(): void {
    const known = this.known();
    const isNew = JSON.stringify(known) !== JSON.stringify(this.memory.get(MEMORY_KEY) ?? []);
    if (isNew) guard(this.log, this.memory.update(MEMORY_KEY, known));
    const models = JSON.stringify(listedModels(known, chatSettings()));
    if (models === this.shown) return;
    this.shown = models;
    this.changed.fire();
  }
}

function choiceOf(mode: vscode.LanguageModelChatToolMode): 'auto' | 'required' {
  return mode === vscode.LanguageModelChatToolMode.Required ? 'required' : 'auto';
}
