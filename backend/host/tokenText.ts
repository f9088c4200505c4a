/** Tokens to text, as it may be shown: whole characters, and nothing of a stop text. */

/**
 * Follows one generation. What comes out depends on the tokens alone, not on when they came: a
 * generation that continues elsewhere primes a new one with the tokens already sent and goes on at
 * the same character.
 */
export class TokenText {
  /** Without `ignoreBOM` a U+FEFF would vanish. */
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #piece: (token: number) => Uint8Array;
  readonly #stops: readonly string[];
  #held = '';
  #stopped = false;

  constructor(piece: (token: number) => Uint8Array, stops: readonly string[]) {
    this.#piece = piece;
    // A stop text that begins inside a character would cut that character.
    this.#stops = stops.filter((stop) => stop !== '' && !/^[\uDC00-\uDFFF]/.test(stop));
  }

  /** A stop text has come: the generation is at its end. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The text that a token makes certain; often empty. */
  push(token: number): string {
    if (this.#stopped) return '';
    this.#held += this.#decoder.decode(this.#piece(token), { stream: true });
    const stop = this.#firstStop();
    if (stop !== undefined) {
      this.#stopped = true;
      return this.#take(stop);
    }
    return this.#take(this.#held.length - this.#possibleStopLength());
  }

  /** Tokens whose text was sent before. */
  prime(tokens: Iterable<number>): void {
    for (const token of tokens) this.push(token);
  }

  /** The generation ends here: text that only looked like a stop. Half a character is left out. */
  end(): string {
    return this.#stopped ? '' : this.#take(this.#held.length);
  }

  #take(length: number): string {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return text;
  }

  /** Where the stop begins that is complete first; of those that end together, the longest. */
  #firstStop(): number | undefined {
    let best: { start: number; end: number } | undefined;
    for (const stop of this.#stops) {
      const start = this.#held.indexOf(stop);
      if (start < 0) continue;
      const end = start + stop.length;
      const earlier =
        best === undefined || end < best.end || (end === best.end && start < best.start);
      if (earlier) best = { start, end };
    }
    return best?.start;
  }

  /** Length of the longest end of the held text that is the beginning of a stop. */
  #possibleStopLength(): number {
    let longest = 0;
    for (const stop of this.#stops) {
      let length = Math.min(stop.length - 1, this.#held.length);
      while (length > longest && !this.#held.endsWith(stop.slice(0, length))) length--;
      longest = Math.max(longest, length);
    }
    return longest;
  }
}
