/** The bytes of every token. */
import { bytesOf } from './byteAlphabet.ts';
import type { Decoder, TokenizerFile } from './tokenizerFile.ts';

/** All tokens' bytes one after the other; those of token `n` end at `ends[n]`. Plain data. */
export interface Pieces {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

/** @param special tokens that have no bytes */
export function readPieces(
  { model, added_tokens, decoder }: TokenizerFile,
  isByteLevel: boolean,
  special: ReadonlySet<number>,
): Pieces {
  const pieces: (Uint8Array | undefined)[] = [];
  const bytes = isByteLevel ? bytesOf : (text: string) => charactersOf(text, decoder);
  for (const [text, id] of Object.entries(model.vocab)) {
    pieces[id] = bytes(text) ?? Buffer.from(text);
  }
  for (const { id, content } of added_tokens) pieces[id] = Buffer.from(content);
  for (const id of special) pieces[id] = new Uint8Array();

  const ends = new Uint32Array(pieces.length);
  let end = 0;
  for (let id = 0; id < ends.length; id++) ends[id] = end += pieces[id]?.length ?? 0;
  const all = new Uint8Array(end);
  for (const [id, piece] of pieces.entries()) all.set(piece ?? [], ends[id - 1] ?? 0);
  return { bytes: all, ends };
}

/** Characters in the place of others, and `<0x0A>` for a byte. */
function charactersOf(token: string, decoder: Decoder | undefined): Uint8Array {
  let text = token;
  for (const step of decoder === undefined ? [] : flatten(decoder)) {
    if (step.type === 'Replace' && 'String' in step.pattern) {
      text = text.replaceAll(step.pattern.String, () => step.content);
    } else if (step.type === 'Metaspace') {
      text = text.replaceAll(step.replacement, ' ');
    } else if (step.type === 'ByteFallback') {
      const byte = /^<0x([0-9A-Fa-f]{2})>$/u.exec(text)?.[1];
      if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    }
  }
  return Buffer.from(text);
}

type Step = Exclude<Decoder, { type: 'Sequence' }>;

function flatten(decoder: Decoder): Step[] {
  return decoder.type === 'Sequence' ? decoder.decoders.flatMap(flatten) : [decoder];
}
