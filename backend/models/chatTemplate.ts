/** Conversations as the text a model was trained on, by the Jinja template in its own files. */
import { Template } from '@huggingface/jinja';
import type { ModelMetadata } from '../devices/device.ts';
import type { ChatMessage, ToolDefinition } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import { notice as noticeOf } from '../protocol/notices.ts';
import {
  callsAsText,
  hasToolTurns,
  numberCalls,
  oneCallPerTurn,
  templateMessage,
  templateTool,
  toolStyleOf,
  type ToolStyle,
} from './toolMessages.ts';

export interface RenderOptions {
  /** `enable_thinking` of Qwen3 and others; left to the template when absent. */
  readonly thinking?: boolean | undefined;
  readonly tools?: readonly ToolDefinition[] | undefined;
}

interface RenderedChat {
  readonly text: string;
  /** The tools are in it. */
  readonly showsTools: boolean;
  /** Set when the model's own template was not used: why, for the reader. */
  readonly notice?: string;
}

export interface ChatTemplate {
  /** How the model writes calls of tools; undefined when its template has no place for them. */
  readonly toolStyle: ToolStyle | undefined;
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
  if (source === undefined) return chatMl(noticeOf('noTemplate'));
  let template: Template;
  try {
    template = new Template(REFUSAL_PREFIX + source);
  } catch (error) {
    return chatMl(unusable(error));
  }
  const run = ({ messages, thinking, tools = [] }: Rendering): string =>
    template.render({
      messages: messages.map(templateMessage),
      add_generation_prompt: true,
      bos_token: metadata.bosToken?.text ?? '',
      eos_token: metadata.eosToken?.text ?? '',
      refuse,
      ...(thinking === undefined ? {} : { enable_thinking: thinking }),
      ...(tools.length === 0 ? {} : { tools: tools.map(templateTool) }),
    });
  const toolStyle = toolStyleOf(source);

  return {
    toolStyle,
    render(messages, options = {}) {
      let fault: unknown;
      for (const rendering of renderings(messages, options, toolStyle)) {
        try {
          return { text: run(rendering), showsTools: (rendering.tools?.length ?? 0) > 0 };
        } catch (error) {
          fault = error;
        }
      }
      if (!(fault instanceof TemplateRefusal)) return chatMl(unusable(fault)).render(messages);
      throw new PilotError(
        'invalidParams',
        { method: 'chat/complete', reason: `the model's chat template says "${fault.message}"` },
        { cause: fault },
      );
    },
  };
}

interface Rendering extends RenderOptions {
  readonly messages: readonly ChatMessage[];
}

/**
 * The conversation, then simpler forms of it for strict templates: some take one call in a turn, no
 * tools at all, no system message, or no two turns of one role.
 */
function* renderings(
  messages: readonly ChatMessage[],
  { thinking, tools }: RenderOptions,
  toolStyle: ToolStyle | undefined,
): Generator<Rendering> {
  const hasTools = (tools?.length ?? 0) > 0 || hasToolTurns(messages);
  if (toolStyle !== undefined && hasTools) {
    const numbered = numberCalls(messages);
    yield { messages: numbered, thinking, tools };
    yield { messages: oneCallPerTurn(numbered), thinking, tools };
  }
  const spoken = callsAsText(messages);
  yield { messages: spoken, thinking };
  const turns = alternateTurns(spoken);
  if (turns.length < spoken.length) yield { messages: turns, thinking };
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
    toolStyle: undefined,
    render: (messages) => ({
      text:
        callsAsText(messages)
          .map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`)
          .join('') + '<|im_start|>assistant\n',
      showsTools: false,
      notice,
    }),
  };
}

function unusable(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return noticeOf('badTemplate', { reason });
}

function refuse(message: unknown): never {
  throw new TemplateRefusal(String(message));
}
