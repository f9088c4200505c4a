/** Conversations as the text a model was trained on, by the Jinja template in its own files. */
import { Template } from '@huggingface/jinja';
import type { ModelMetadata } from '../devices/device.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';

export interface RenderOptions {
  /** `enable_thinking` of Qwen3 and others; left to the template when absent. */
  readonly thinking?: boolean | undefined;
}

interface RenderedChat {
  readonly text: string;
  /** Set when the model's own template was not used: why, for the reader. */
  readonly notice?: string;
}

export interface ChatTemplate {
  /** @throws PilotError invalidParams when the template refuses the conversation. */
  render(messages: readonly ChatMessage[], options?: RenderOptions): RenderedChat;
}

/**
 * Makes a refusal of the template different from a fault in it. The library strips the line end
 * after a block, so the template still begins at the start of a line.
 */
const REFUSAL_PREFIX = '{% set raise_exception = refuse %}\n';

/** What the template itself says against a conversation, through `raise_exception`. */
class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}

/**
 * A model without a template, or with one that cannot be run, is asked in ChatML, the format most
 * small models know; the notice says so.
 */
export function createChatTemplate(metadata: ModelMetadata): ChatTemplate {
  const source = metadata.chatTemplate;
  if (source === undefined) return chatMl('The model has no chat template, so ChatML is used.');
  let template: Template;
  try {
    template = new Template(REFUSAL_PREFIX + source);
  } catch (error) {
    return chatMl(unusable(error));
  }
  const run = (messages: readonly ChatMessage[], options: RenderOptions): string =>
    template.render({
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: true,
      bos_token: metadata.bosToken?.text ?? '',
      eos_token: metadata.eosToken?.text ?? '',
      refuse,
      ...(options.thinking === undefined ? {} : { enable_thinking: options.thinking }),
    });

  return {
    render(messages, options = {}) {
      try {
        return { text: runTolerantly(run, messages, options) };
      } catch (error) {
        if (!(error instanceof TemplateRefusal)) return chatMl(unusable(error)).render(messages);
        throw new PilotError(
          'invalidParams',
          {
            method: 'chat/complete',
            reason: `the model's chat template says "${error.message}"`,
          },
          { cause: error },
        );
      }
    },
  };
}

/** Some templates take no system message, or no two turns of one role: those get one of each. */
function runTolerantly(
  run: (messages: readonly ChatMessage[], options: RenderOptions) => string,
  messages: readonly ChatMessage[],
  options: RenderOptions,
): string {
  try {
    return run(messages, options);
  } catch (error) {
    if (!(error instanceof TemplateRefusal)) throw error;
    const simple = alternateTurns(messages);
    if (simple.length === messages.length) throw error;
    return run(simple, options);
  }
}

/** The same words with the system's in the first user turn, and neighbours of one role joined. */
function alternateTurns(messages: readonly ChatMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = [];
  for (const { role, content } of messages) {
    const speaker = role === 'system' ? 'user' : role;
    const last = turns.at(-1);
    if (last?.role === speaker) last.content += `\n\n${content}`;
    else turns.push({ role: speaker, content });
  }
  return turns;
}

function chatMl(notice: string): ChatTemplate {
  return {
    render: (messages) => ({
      text:
        messages
          .map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`)
          .join('') + '<|im_start|>assistant\n',
      notice,
    }),
  };
}

function unusable(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `The model's chat template cannot be used (${reason}), so ChatML is used.`;
}

function refuse(message: unknown): never {
  throw new TemplateRefusal(String(message));
}
