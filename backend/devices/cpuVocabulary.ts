/** Text to tokens and back by the model's own tokenizer. */
import type { Llama } from './llama.ts';
import type { Pointer } from './llamaTypes.ts';
import { onWorker } from './onWorker.ts';

/** Shorter texts take less time than going to another thread and back. */
const SHORT_TEXT_BYTES = 4096;
const PIECE_BYTES = 64;

type VocabularyApi = Pick<Llama, 'tokenize' | 'token_to_piece'>;

export class CpuVocabulary {
  readonly #pieces: (Uint8Array | undefined)[] = [];
  readonly #tokenize: (...args: Parameters<Llama['tokenize']>) => Promise<number>;

  constructor(
    private readonly api: VocabularyApi,
    private readonly vocab: Pointer,
  ) {
    this.#tokenize = onWorker(api.tokenize);
  }

  /** Text that looks like a special token stays text; lone surrogates become U+FFFD. */
  async encode(text: string): Promise<Int32Array> {
    const bytes = Buffer.from(text, 'utf8');
    // Most vocabularies take three bytes or more a token; the rest is asked a second time.
    let tokens = new Int32Array(Math.ceil(bytes.length / 2) + 16);
    let count = await this.#encodeInto(bytes, tokens);
    if (count < 0) {
      tokens = new Int32Array(-count);
      count = await this.#encodeInto(bytes, tokens);
    }
    if (count < 0) throw new RangeError('The text has more tokens than the tokenizer can count.');
    return tokens.slice(0, count);
  }

  /** The bytes of a token of this vocabulary; control tokens give none. */
  piece(token: number): Uint8Array {
    return (this.#pieces[token] ??= this.#readPiece(token));
  }

  /** The count, or how many there are as a negative number when `tokens` is too short. */
  #encodeInto(bytes: Buffer, tokens: Int32Array): number | Promise<number> {
    const args = [this.vocab, bytes, bytes.length, tokens, tokens.length, false, false] as const;
    return bytes.length < SHORT_TEXT_BYTES ? this.api.tokenize(...args) : this.#tokenize(...args);
  }

  #readPiece(token: number): Uint8Array {
    let out = new Uint8Array(PIECE_BYTES);
    let length = this.api.token_to_piece(this.vocab, token, out, out.length, 0, false);
    if (length < 0) {
      out = new Uint8Array(-length);
      length = this.api.token_to_piece(this.vocab, token, out, out.length, 0, false);
    }
    return out.slice(0, Math.max(0, length));
  }
}
