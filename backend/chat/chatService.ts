/** `chat/complete`: conversation to prompt, prompt to a streamed answer. */
import { createChatFormat, type ChatFormat } from '../models/chatPrompt.ts';
import type { ChatProgress, ChatResult } from '../protocol/chat.ts';
import type { Sampling } from '../protocol/generation.ts';
import type { ParsedParamsOf } from '../protocol/methods.ts';
import type { Engine, ModelHandle } from '../scheduling/engine.ts';
import { fitConversation, type FittedPrompt } from './fitConversation.ts';
import { LoopGuard } from './loopGuard.ts';
import { AnswerSplitter, type AnswerPart } from './thinking.ts';

/** Lively but on the subject, and against the loops of small models. The request may change each. */
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
   * Streams the answer in parts; its text parts joined are the result's text. Turns that do not fit
   * into the context are left out, oldest first, with a notice. An answer that repeats itself
   * without end is stopped with `length`. An aborted signal resolves with `cancelled`.
   * @throws PilotError promptTooLong, invalidParams, and those of `Engine.generate`
   */
  async complete(
    params: ParsedParamsOf<'chat/complete'>,
    onProgress: (progress: ChatProgress) => void,
    signal: AbortSignal,
  ): Promise<ChatResult> {
    const model = this.#engine.resolve(params.model, 'chat');
    const prompt = await fitConversation(model, this.#formatOf(model), params.messages, params);
    const notify = (message: string): void => {
      onProgress({ kind: 'notice', message });
    };
    for (const notice of noticesOf(prompt)) notify(notice);

    const splitter = new AnswerSplitter(prompt.thinkingOpen);
    const give = (parts: AnswerPart[]): void => {
      for (const part of parts) onProgress(part);
    };
    const guard = new LoopGuard();
    const room = model.contextLength - prompt.tokens.length;
    const outcome = await this.#engine.generate(
      {
        model,
        class: params.class ?? 'chat',
        prompt: prompt.tokens,
        maxTokens: Math.min(params.maxTokens ?? room, room),
        sampling: { ...DEFAULT_SAMPLING, ...params.sampling },
        stop: [...(params.stop ?? []), ...prompt.turnMarkers],
        ...(params.deadlineMs === undefined ? {} : { deadlineMs: params.deadlineMs }),
      },
      {
        onText: (text) => {
          if (guard.looped.aborted) return;
          give(splitter.push(text));
          guard.push(text);
        },
        onNotice: notify,
      },
      AbortSignal.any([signal, guard.looped]),
    );
    give(splitter.end());

    const looped = guard.looped.aborted;
    if (looped) notify('The answer was ended, because it had begun to repeat itself.');
    return {
      text: splitter.text,
      ...(splitter.thinking === '' ? {} : { thinking: splitter.thinking }),
      finishReason: looped ? 'length' : outcome.finishReason,
      model: model.id,
      timings: outcome.timings,
    };
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

function noticesOf(prompt: FittedPrompt): string[] {
  const dropped = prompt.droppedMessages;
  const left = dropped === 1 ? 'The oldest message was' : `The oldest ${dropped} messages were`;
  return [
    ...(prompt.notice === undefined ? [] : [prompt.notice]),
    ...(dropped === 0
      ? []
      : [`${left} left out: the conversation is longer than the model's context.`]),
  ];
}
