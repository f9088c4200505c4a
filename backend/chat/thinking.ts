/** Parts a streamed answer into the model's thinking and its text. */

export interface AnswerPart {
  readonly kind: 'text' | 'thinking';
  readonly text: string;
}

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Fed with text as it comes; gives everything out as soon as it cannot be part of a tag any more.
 * In text, a tag counts at the start of a line only: within a line the model writes about the tag.
 * A closing tag ends open thinking wherever it stands. White space around each part is dropped.
 */
export class AnswerSplitter {
  readonly #totals = { text: '', thinking: '' };
  #kind: AnswerPart['kind'];
  /** Undecided: white space that may turn out to be trailing, then what may become a tag. */
  #held = '';
  #partIsEmpty = true;

  /** @param thinkingOpen the template has written the opening tag already */
  constructor(thinkingOpen: boolean) {
    this.#kind = thinkingOpen ? 'thinking' : 'text';
  }

  /** All text given out so far. */
  get text(): string {
    return this.#totals.text;
  }

  /** All thinking given out so far. */
  get thinking(): string {
    return this.#totals.thinking;
  }

  push(text: string): AnswerPart[] {
    const parts: AnswerPart[] = [];
    let rest = this.#held + text;
    for (;;) {
      const tag = this.#findTag(rest);
      const body = rest.slice(0, tag.at).trimEnd();
      this.#give(body, parts);
      if (!tag.complete) {
        this.#held = rest.slice(body.length);
        return parts;
      }
      rest = rest.slice(tag.at + tag.text.length);
      this.#kind = tag.text === OPEN ? 'thinking' : 'text';
      this.#partIsEmpty = true;
    }
  }

  /** What was held back in case a tag came. */
  end(): AnswerPart[] {
    const parts: AnswerPart[] = [];
    this.#give(this.#held.trimEnd(), parts);
    this.#held = '';
    return parts;
  }

  /** The first tag that counts; incomplete when only the text's end may still become one. */
  #findTag(text: string): { at: number; text: string; complete: boolean } {
    const wanted = this.#kind === 'thinking' ? [CLOSE] : [OPEN, CLOSE];
    for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
      if (this.#kind === 'text' && !this.#startsLine(text, at)) continue;
      for (const tag of wanted) {
        if (text.startsWith(tag, at)) return { at, text: tag, complete: true };
        if (tag.startsWith(text.slice(at))) return { at, text: '', complete: false };
      }
    }
    return { at: text.length, text: '', complete: false };
  }

  #startsLine(text: string, at: number): boolean {
    const newline = text.lastIndexOf('\n', at);
    const isFirstLine = newline < 0;
    return text.slice(newline + 1, at).trim() === '' && (!isFirstLine || this.#partIsEmpty);
  }

  #give(body: string, parts: AnswerPart[]): void {
    const text = this.#partIsEmpty ? body.trimStart() : body;
    if (text === '') return;
    const total = this.#totals[this.#kind];
    // A second part of one kind is a paragraph of its own.
    const given = this.#partIsEmpty && total !== '' ? `\n\n${text}` : text;
    this.#partIsEmpty = false;
    this.#totals[this.#kind] = total + given;
    parts.push({ kind: this.#kind, text: given });
  }
}
