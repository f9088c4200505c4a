/** `chat/complete`: conversation to prompt, prompt to a streamed answer. */
import { createChatFormat, type ChatFormat } from '../models/chatPrompt.ts';
import { samplingNotice } from '../models/samplingNotice.ts';
import type { ChatProgress, ChatResult, CountTokensResult } from '../protocol/chat.ts';
import type { Sampling } from '../protocol/generation.ts';
import type { ParsedParamsOf } from '../protocol/methods.ts';
import { notice } from '../protocol/notices.ts';
import type { Engine, ModelHandle } from '../scheduling/engine.ts';
import { AnswerParser } from './answerParser.ts';
import { fitConversation } from './fitConversation.ts';
import { LoopGuard } from './loopGuard.ts';
import { promptNotices } from './promptNotices.ts';

/**
 * Where the model's files recommend nothing: lively but on the subject, and against the loops of small
 * models.
 */
const DEFAULT_SAMPLING: Sampling = {
  temperature: 0.7,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repetitionPenalty: 1.1,
};

export class ChatService {
  readonly #formats = new WeakMap<ModelHandle, ChatFormat>();
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Streams the answer in parts; its text parts joined are the result's text. Turns and tools that do
   * not fit into the context are left out, with a notice. An answer that repeats itself without end
   * is stopped with `length`. An aborted signal resolves with `cancelled`.
   * @throws PilotError promptTooLong, invalidParams, and those of `Engine.generate`
   */
  async complete(
    params: ParsedParamsOf<'chat/complete'>,
    onProgress: (progress: ChatProgress) => void,
    signal: AbortSignal,
  ): Promise<ChatResult> {
    const model = this.#engine.resolve(params.model, 'chat');
    const format = this.#formatOf(model);
    const { messages, thinking, tools, maxTokens, toolChoice, overflow } = params;
    const mustCall = toolChoice === 'required';
    const options = { thinking, tools, maxTokens, mustCall };
    const prompt = await fitConversation(model, format, messages, options);
    const notify = (message: string): void => {
      onProgress({ kind: 'notice', message });
    };
    for (const message of promptNotices(prompt, tools?.length ?? 0)) notify(message);
    const remark = samplingNotice(model.metadata, params.sampling);
    if (remark !== undefined) notify(remark);

    const parser = new AnswerParser(prompt);
    const give = (parts: ChatProgress[]): void => {
      for (const part of parts) onProgress(part);
    };
    const guard = new LoopGuard();
    const room = model.contextLength - prompt.tokens.length;
    const outcome = await this.#engine.generate(
      {
        model,
        class: params.class ?? 'chat',
        prompt: prompt.tokens,
        maxTokens: overflow === 'slide' ? (maxTokens ?? room) : Math.min(maxTokens ?? room, room),
        overflow,
        // Who asks for greedy wants the model's likeliest tokens, with nothing in between.
        sampling:
          params.sampling?.temperature === 0
            ? params.sampling
            : { ...(model.metadata.sampling ?? DEFAULT_SAMPLING), ...params.sampling },
        stop: [...(params.stop ?? []), ...prompt.turnMarkers],
        ...(params.deadlineMs === undefined ? {} : { deadlineMs: params.deadlineMs }),
      },
      {
        onText: (text) => {
          if (guard.looped.aborted) return;
          give(parser.push(text));
          guard.push(text);
        },
        onNotice: notify,
      },
      AbortSignal.any([signal, guard.looped]),
    );
    const looped = guard.looped.aborted;
    const finishReason = looped ? 'length' : outcome.finishReason;
    give(parser.end(finishReason === 'stop'));

    if (looped) notify(notice('repetition'));
    return {
      text: parser.text,
      ...(parser.thinking === '' ? {} : { thinking: parser.thinking }),
      ...(parser.toolCalls.length === 0 ? {} : { toolCalls: [...parser.toolCalls] }),
      finishReason,
      model: model.id,
      timings: outcome.timings,
    };
  }

  /** @throws PilotError modelNotFound, modelNotLoaded, promptTooLong, invalidParams */
  async countTokens({
    model: name,
    messages,
    tools,
    text = '',
  }: ParsedParamsOf<'chat/countTokens'>): Promise<CountTokensResult> {
    const model = this.#engine.resolve(name, 'chat');
    const { pieces } =
      messages === undefined
        ? { pieces: [text] }
        : this.#formatOf(model).build(messages, { tools });
    const tokens = await model.encode(pieces);
    return { tokens: tokens.length, model: model.id, contextLength: model.contextLength };
  }

  #formatOf(model: ModelHandle): ChatFormat {
    let format = this.#formats.get(model);
    if (!format) {
      format = createChatFormat(model.metadata);
      this.#formats.set(model, format);
    }
    return format;
  }
}
