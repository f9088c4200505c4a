/** A model's answer as it comes, in the parts that the client gets: thinking, text, tool calls. */
import type { ChatProgress, ToolCall, ToolDefinition } from '../protocol/chat.ts';
import { AnswerSplitter, type AnswerPart } from './thinking.ts';
import { ToolCallFinder } from './toolCalls.ts';

export interface AnswerStart {
  /** The template has written the opening tag of thinking. */
  readonly thinkingOpen: boolean;
  /** Those the model was shown. */
  readonly tools: readonly ToolDefinition[];
  /** What the prompt has written of the answer, which may be the head of a call. */
  readonly opening: string;
}

export class AnswerParser {
  readonly #splitter: AnswerSplitter;
  readonly #finder: ToolCallFinder;

  constructor({ thinkingOpen, tools, opening }: AnswerStart) {
    this.#splitter = new AnswerSplitter(thinkingOpen);
    this.#finder = new ToolCallFinder(tools);
    this.push(opening);
  }

  /** Text parts given out so far, joined. */
  get text(): string {
    return this.#finder.text;
  }

  get thinking(): string {
    return this.#splitter.thinking;
  }

  get toolCalls(): readonly ToolCall[] {
    return this.#finder.calls;
  }

  push(text: string): ChatProgress[] {
    return this.#findCalls(this.#splitter.push(text));
  }

  /** @param isWhole the model has ended its answer; nothing else cut it */
  end(isWhole: boolean): ChatProgress[] {
    return [...this.#findCalls(this.#splitter.end()), ...this.#finder.end(isWhole)];
  }

  /** Calls are made in the answer; in its thinking, the model only thinks about them. */
  #findCalls(parts: AnswerPart[]): ChatProgress[] {
    return parts.flatMap((part) =>
      part.kind === 'text' ? this.#finder.push(part.text) : [{ kind: part.kind, text: part.text }],
    );
  }
}
