/** Finds the calls of tools in a streamed answer. */
import { randomUUID } from 'node:crypto';
import type { ChatProgress, ToolCall, ToolDefinition } from '../protocol/chat.ts';
import { notice } from '../protocol/notices.ts';
import { findTool, readCalls } from './toolCallText.ts';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';
/** One that the model does not just write about. */
const OPENING = /(?<!`)<tool_call>/u;
/** As many as a message of the protocol holds; a model that wants more is in a loop. */
const MAX_CALLS = 64;

/** An answer that begins like this may be nothing but a call: an optional fence, then its name. */
const BARE_CALL = /^(?:```\w*\s*)?(?:\[\s*)?\{\s*"(?:name|type|function)"\s*:/u;
/** What may still become that. */
const BARE_CALL_HEAD = /^(?:`{0,2}|```\w*|(?:```\w*\s+|```)?(?:\[\s*)?(?:\{\s*(?:"\w*"?\s*)?)?)$/u;
/** A fence that is closed, and what comes after it. */
const FENCED = /^\s*(```[^]*?\n```)\s*\n([^]+)$/u;
const BARE_NAME = /"name"\s*:\s*"([^"]*)"/u;

type State = 'start' | 'text' | 'bareCall' | 'taggedCall';

/**
 * Fed with text as it comes. Gives text out as soon as it cannot be part of a call, and calls when
 * they are whole. What turns out to be no call is given as text, without its tags. A tag after a
 * backtick is text: the model writes about it.
 */
export class ToolCallFinder {
  readonly #calls: ToolCall[] = [];
  #state: State = 'start';
  /** Undecided text, or the call so far. */
  #held = '';
  /** Up to here, the call so far has no closing tag. */
  #searched = 0;
  #text = '';
  #afterCall = false;

  constructor(
    private readonly tools: readonly ToolDefinition[],
    private readonly newId: () => string = () => `call_${randomUUID()}`,
  ) {}

  /** All text given out so far. */
  get text(): string {
    return this.#text;
  }

  get calls(): readonly ToolCall[] {
    return this.#calls;
  }

  push(text: string): ChatProgress[] {
    const parts: ChatProgress[] = [];
    this.#held += text;
    while (this.#advance(parts));
    return parts;
  }

  /**
   * What was held back, as the answer has ended.
   * @param isWhole by the model's own will
   */
  end(isWhole: boolean): ChatProgress[] {
    const parts: ChatProgress[] = [];
    const rest = this.#held;
    this.#held = '';
    if (this.#state === 'text') {
      this.#giveText(rest.trimEnd(), parts);
      return parts;
    }
    const [, fenced = rest, remark = ''] = FENCED.exec(rest) ?? [];
    this.#giveCall(fenced, isWhole, parts);
    this.#giveText(remark.trimEnd(), parts);
    return parts;
  }

  /** One decision; false when it takes more text to make the next. */
  #advance(parts: ChatProgress[]): boolean {
    switch (this.#state) {
      case 'start':
        return this.#start();
      case 'text':
        return this.#findOpening(parts);
      case 'bareCall':
        return this.#leaveBareCall();
      case 'taggedCall':
        return this.#findClosing(parts);
      default:
        return this.#state satisfies never;
    }
  }

  #start(): boolean {
    this.#held = this.#held.trimStart();
    if (this.tools.length > 0 && BARE_CALL_HEAD.test(this.#held)) return false;
    const isBare = this.tools.length > 0 && BARE_CALL.test(this.#held);
    this.#state = isBare ? 'bareCall' : 'text';
    return true;
  }

  /** JSON that names no tool is an answer in JSON, which need not wait for its end. */
  #leaveBareCall(): boolean {
    const name = BARE_NAME.exec(this.#held)?.[1];
    if (name === undefined || findTool(name, this.tools)) return false;
    this.#state = 'text';
    return true;
  }

  #findOpening(parts: ChatProgress[]): boolean {
    const before = this.#afterCall ? '' : this.#text.slice(-1);
    const at = this.tools.length === 0 ? -1 : openingIn(before + this.#held) - before.length;
    if (at >= 0) {
      this.#giveText(this.#held.slice(0, at).trimEnd(), parts);
      this.#held = this.#held.slice(at + OPEN.length);
      this.#state = 'taggedCall';
      this.#searched = 0;
      return true;
    }
    // White space goes out with the next word: before a call it would be left hanging.
    const undecided = this.tools.length === 0 ? '' : headAtEnd(this.#held);
    const body = this.#held.slice(0, this.#held.length - undecided.length).trimEnd();
    this.#giveText(body, parts);
    this.#held = this.#held.slice(body.length);
    return false;
  }

  #findClosing(parts: ChatProgress[]): boolean {
    const at = this.#held.indexOf(CLOSE, this.#searched);
    if (at < 0) {
      this.#searched = Math.max(this.#searched, this.#held.length - CLOSE.length);
      return false;
    }
    const body = this.#held.slice(0, at);
    if (endsInString(body) && readCalls(body, this.tools, true).kind === 'notACall') {
      // The tag is in an argument, such as the text of a file.
      this.#searched = at + CLOSE.length;
      return true;
    }
    this.#held = this.#held.slice(at + CLOSE.length);
    this.#state = 'text';
    this.#giveCall(body, true, parts);
    return true;
  }

  #giveCall(body: string, isWhole: boolean, parts: ChatProgress[]): void {
    const reading = readCalls(body, this.tools, isWhole);
    switch (reading.kind) {
      case 'calls':
        for (const call of reading.calls.slice(0, MAX_CALLS - this.#calls.length)) {
          const whole = { id: this.newId(), ...call };
          this.#calls.push(whole);
          parts.push({ kind: 'toolCall', call: whole });
        }
        this.#afterCall = true;
        return;
      case 'unknownTool':
        this.#giveText(body.trim(), parts);
        parts.push({
          kind: 'notice',
          message: notice('unknownTool', { tool: reading.name }),
        });
        return;
      case 'notACall': {
        // A call may have been opened within what looked like one.
        const pieces = body.split(OPENING);
        if (pieces.length === 1) this.#giveText(body.trim(), parts);
        else for (const piece of pieces) this.#giveCall(piece, isWhole, parts);
        return;
      }
      default:
        reading satisfies never;
    }
  }

  #giveText(text: string, parts: ChatProgress[]): void {
    // White space never begins an answer, nor what follows a call.
    const isFirst = this.#text === '';
    const words = isFirst || this.#afterCall ? text.trimStart() : text;
    if (words === '') return;
    const given = this.#afterCall && !isFirst ? `\n\n${words}` : words;
    this.#afterCall = false;
    this.#text += given;
    parts.push({ kind: 'text', text: given });
  }
}

/** Where the first opening tag is that the model does not just write about; -1 without one. */
function openingIn(text: string): number {
  return OPENING.exec(text)?.index ?? -1;
}

/** The end of a text that may become an opening tag. */
function headAtEnd(text: string): string {
  const at = text.lastIndexOf('<');
  return at >= 0 && OPEN.startsWith(text.slice(at)) ? text.slice(at) : '';
}

function endsInString(json: string): boolean {
  return (json.match(/\\.|"/gsu) ?? []).filter((mark) => mark === '"').length % 2 === 1;
}
