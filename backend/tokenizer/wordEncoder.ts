/** One word to tokens: its bytes or characters, joined pair by pair. */
import { byteCharacters } from './byteAlphabet.ts';
import { joinPairs } from './bytePairs.ts';
import { MergeTable } from './mergeTable.ts';
import type { BpeModel } from './tokenizerFile.ts';

/** Words repeat: most of a text comes from here. Emptied when full. */
const CACHED_WORDS = 32_768;
const LONGEST_CACHED = 64;
const NONE = -1;

export class WordEncoder {
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #table: MergeTable;
  readonly #cache = new Map<string, Int32Array>();
  /** The token of each byte: of byte-level vocabularies, and of those that fall back to bytes. */
  readonly #byteTokens: Int32Array;
  readonly #unknown: number;
  #symbols = new Int32Array(256);

  /** @throws RangeError when the model's parts do not fit together, saying how */
  constructor(
    private readonly model: BpeModel,
    private readonly isByteLevel: boolean,
  ) {
    const vocabulary = new Map(Object.entries(model.vocab));
    this.#vocabulary = vocabulary;
    this.#table = new MergeTable(model.merges.map((merge) => readMerge(merge, vocabulary)));
    this.#byteTokens = Int32Array.from({ length: 256 }, (_, byte) => {
      const text = isByteLevel ? byteCharacters[byte] : byteText(byte);
      return vocabulary.get(text ?? '') ?? NONE;
    });
    this.#unknown = vocabulary.get(model.unk_token ?? '') ?? NONE;
  }

  encode(word: string): Int32Array {
    const cached = this.#cache.get(word);
    if (cached !== undefined) return cached;
    const tokens = this.#encode(word);
    if (word.length <= LONGEST_CACHED) {
      if (this.#cache.size >= CACHED_WORDS) this.#cache.clear();
      this.#cache.set(word, tokens);
    }
    return tokens;
  }

  #encode(word: string): Int32Array {
    const bytes = Buffer.from(word, 'utf8');
    if (this.model.ignore_merges === true) {
      const text = this.isByteLevel
        ? Array.from(bytes, (byte) => byteCharacters[byte]).join('')
        : word;
      const token = this.#vocabulary.get(text);
      if (token !== undefined) return Int32Array.of(token);
    }
    if (this.#symbols.length < bytes.length) this.#symbols = new Int32Array(2 * bytes.length);
    const symbols = this.#symbols;
    const count = this.isByteLevel ? this.#bytes(bytes) : this.#characters(word);
    return symbols.slice(0, joinPairs(symbols, count, this.#table));
  }

  /** A byte that has no token is left out, as the original does. */
  #bytes(bytes: Uint8Array): number {
    let count = 0;
    for (const byte of bytes) {
      const token = this.#byteTokens[byte] ?? NONE;
      if (token !== NONE) this.#symbols[count++] = token;
      else count = this.#addUnknown(count);
    }
    return count;
  }

  #characters(word: string): number {
    let count = 0;
    for (const character of word) {
      const token = this.#vocabulary.get(character);
      if (token !== undefined) {
        this.#symbols[count++] = token;
        continue;
      }
      const bytes = Buffer.from(character, 'utf8');
      const fallsBack = this.model.byte_fallback === true;
      if (fallsBack && bytes.every((byte) => this.#byteTokens[byte] !== NONE)) {
        for (const byte of bytes) this.#symbols[count++] = this.#byteTokens[byte] ?? NONE;
      } else {
        count = this.#addUnknown(count);
      }
    }
    return count;
  }

  #addUnknown(count: number): number {
    const isFused = this.model.fuse_unk === true && this.#symbols[count - 1] === this.#unknown;
    if (this.#unknown === NONE || (count > 0 && isFused)) return count;
    this.#symbols[count] = this.#unknown;
    return count + 1;
  }
}

/** How vocabularies of characters write a byte: `<0x0A>`. */
function byteText(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

function readMerge(merge: BpeModel['merges'][number], vocabulary: ReadonlyMap<string, number>) {
  const [left, right, ...rest] = typeof merge === 'string' ? merge.split(' ') : merge;
  const ids = [left, right, `${left ?? ''}${right ?? ''}`].map((text) =>
    vocabulary.get(text ?? ''),
  );
  const [leftId, rightId, merged] = ids;
  if (leftId === undefined || rightId === undefined || merged === undefined || rest.length > 0) {
    throw new RangeError(`the merge ${JSON.stringify(merge)} is not of its vocabulary`);
  }
  return { left: leftId, right: rightId, merged };
}
