/** A conversation as pieces for `ModelHandle.encode`, and what the reader of the answer must know. */
import type { ModelMetadata } from '../devices/device.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { createChatTemplate, type RenderOptions } from './chatTemplate.ts';
import { createSpecialTokens, isMarker, type PromptPiece } from './specialTokens.ts';

export interface ChatPrompt {
  readonly pieces: PromptPiece[];
  /** Texts that mark turns: an answer ends before the first of them, should the model spell one. */
  readonly turnMarkers: readonly string[];
  /** The template has opened the model's thinking, so the answer begins inside it. */
  readonly thinkingOpen: boolean;
  readonly notice?: string;
}

export interface ChatFormat {
  /** @throws PilotError invalidParams when the template refuses the conversation. */
  build(messages: readonly ChatMessage[], options?: RenderOptions): ChatPrompt;
}

/** Compiles the template once; the format is good for the life of the model. */
export function createChatFormat(metadata: ModelMetadata): ChatFormat {
  const special = createSpecialTokens(metadata);
  const template = createChatTemplate(metadata);
  const bos = metadata.addBos ? metadata.bosToken?.id : undefined;

  return {
    build(messages, options = {}) {
      const safe = messages.map(({ role, content }) => ({
        role,
        content: special.protect(content),
      }));
      const { text, notice } = template.render(safe, options);
      const pieces = special.split(text);
      const used = pieces.filter((piece) => typeof piece === 'number');
      const markers = [...used, ...metadata.endTokens].map((id) => special.textOf(id) ?? '');
      // ChatML's own delimiters are plain text to a model that was not trained on it.
      const chatMl = notice === undefined ? [] : ['<|im_start|>', '<|im_end|>'];
      if (bos !== undefined && pieces[0] !== bos) pieces.unshift(bos);
      return {
        pieces,
        turnMarkers: [...new Set([...markers, ...chatMl])].filter(isMarker),
        thinkingOpen: /<think>\s*$/u.test(text),
        ...(notice === undefined ? {} : { notice }),
      };
    },
  };
}
