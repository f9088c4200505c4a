/** A conversation as pieces for `ModelHandle.encode`, and what the reader of the answer must know. */
import type { ModelMetadata } from '../devices/device.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { createChatTemplate, type RenderOptions } from './chatTemplate.ts';
import { createSpecialTokens, isMarker, type PromptPiece } from './specialTokens.ts';
import { callOpening, mapMessage, mapTool } from './toolMessages.ts';

export interface ChatPrompt {
  readonly pieces: PromptPiece[];
  /** Texts that mark turns: an answer ends before the first of them, should the model spell one. */
  readonly turnMarkers: readonly string[];
  /** The template has opened the model's thinking, so the answer begins inside it. */
  readonly thinkingOpen: boolean;
  /** The model knows its tools, and may call them. */
  readonly showsTools: boolean;
  /** What the prompt has written of the answer already. */
  readonly opening: string;
  readonly notice?: string;
}

export interface PromptOptions extends RenderOptions {
  /** The answer shall be a call; not possible where the model thinks first. */
  readonly mustCall?: boolean | undefined;
}

export interface ChatFormat {
  /** The model's template has a place for tools. */
  readonly takesTools: boolean;
  /** @throws PilotError invalidParams when the template refuses the conversation. */
  build(messages: readonly ChatMessage[], options?: PromptOptions): ChatPrompt;
}

/** Models that play the tool's part, too, do it with this. */
const TOOL_RESPONSE = '<tool_response>';

/** Compiles the template once; the format is good for the life of the model. */
export function createChatFormat(metadata: ModelMetadata): ChatFormat {
  const special = createSpecialTokens(metadata);
  const template = createChatTemplate(metadata);
  const { toolStyle } = template;
  const protect = (text: string): string => special.protect(text);
  const bos = metadata.addBos ? metadata.bosToken?.id : undefined;

  return {
    takesTools: toolStyle !== undefined,
    build(messages, { thinking, tools, mustCall = false } = {}) {
      const { text, showsTools, notice } = template.render(
        messages.map((message) => mapMessage(message, protect)),
        { thinking, tools: tools?.map((tool) => mapTool(tool, protect)) },
      );
      const thinkingOpen = /<think>\s*$/u.test(text);
      const opening =
        mustCall && showsTools && !thinkingOpen && toolStyle !== undefined
          ? callOpening(toolStyle, tools ?? [])
          : '';
      const pieces = special.split(text + opening);
      const used = pieces.filter((piece) => typeof piece === 'number');
      const texts = [...used, ...metadata.endTokens].map((id) => special.textOf(id) ?? '');
      const markers = texts.filter((marker) => isMarker(marker) && !isToolTag(marker));
      // ChatML's own delimiters are plain text to a model that was not trained on it.
      const chatMl = notice === undefined ? [] : ['<|im_start|>', '<|im_end|>'];
      if (bos !== undefined && pieces[0] !== bos) pieces.unshift(bos);
      return {
        pieces,
        turnMarkers: [...new Set([...markers, ...chatMl, ...(showsTools ? [TOOL_RESPONSE] : [])])],
        thinkingOpen,
        showsTools,
        opening,
        ...(notice === undefined ? {} : { notice }),
      };
    },
  };
}

/** A tag around a call is part of an answer, though some vocabularies count it as special. */
function isToolTag(text: string): boolean {
  return /^<\/?tool_call>$/u.test(text);
}
