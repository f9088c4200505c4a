/** Text to tokens, as tokenizer.json of a model says. */
import { createFinder, type Section } from './addedTokens.ts';
import { looksSpecial } from './knownTokens.ts';
import { createNormalizer } from './normalize.ts';
import { createSplitter } from './splitText.ts';
import { unsupported, damaged, type AddedToken, type TokenizerFile } from './tokenizerFile.ts';
import { WordEncoder } from './wordEncoder.ts';

export interface TextEncoder {
  /** Token by token, so that a long text can be left and gone on with. */
  encode(text: string): Iterable<Int32Array>;
  readonly isByteLevel: boolean;
}

/** Tokens for structure: given by their ids, never found in text. */
export function isSpecial({ special, content }: AddedToken): boolean {
  return special || looksSpecial(content);
}

/**
 * @param file what errors name
 * @throws DeviceError invalidModel, unsupportedModel
 */
export function createTextEncoder(tokenizer: TokenizerFile, file: string): TextEncoder {
  const tokens = tokenizer.added_tokens.filter((token) => !isSpecial(token));
  const { normalize, splitter } = readRules(tokenizer, file);
  const words = createWords(tokenizer, splitter.isByteLevel, file);
  const isNormalized = (token: AddedToken): boolean =>
    token.normalized && tokenizer.normalizer !== undefined;
  const findFirst = createFinder(
    tokens.filter((token) => !isNormalized(token)),
    ({ content }) => content,
  );
  const findNormalized = createFinder(tokens.filter(isNormalized), ({ content }) =>
    normalize(content),
  );

  function* encodeSections(
    sections: Iterable<Section>,
    encode: (text: string) => Iterable<Int32Array>,
  ) {
    for (const section of sections) {
      if (typeof section === 'number') yield Int32Array.of(section);
      else yield* encode(section);
    }
  }
  function* encodeWords(text: string): Iterable<Int32Array> {
    if (text === '') return;
    for (const word of splitter.split(text)) yield words.encode(word);
  }
  const encodeNormal = (text: string): Iterable<Int32Array> =>
    encodeSections(findNormalized(normalize(text)), encodeWords);
  return {
    isByteLevel: splitter.isByteLevel,
    // Lone surrogates become U+FFFD on their way through UTF-8.
    encode: (text) => encodeSections(findFirst(Buffer.from(text, 'utf8').toString()), encodeNormal),
  };
}

function readRules({ normalizer, preTokenizer }: TokenizerFile, file: string) {
  try {
    return { normalize: createNormalizer(normalizer), splitter: createSplitter(preTokenizer) };
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(file, error.message);
    throw unsupported(file, `its pre_tokenizer is not supported: ${String(error)}`);
  }
}

function createWords({ model }: TokenizerFile, isByteLevel: boolean, file: string): WordEncoder {
  try {
    return new WordEncoder(model, isByteLevel);
  } catch (error) {
    throw damaged(file, error instanceof Error ? error.message : String(error));
  }
}
