/** The tokens of the texts from elsewhere, computed once for as long as the texts stay the same. */
import type { RelatedText } from '../protocol/documents.ts';
import type { ModelHandle } from '../scheduling/engine.ts';
import { fitRelated } from './relatedPin.ts';
import { knowsFiles, relatedPieces, repositoryFrame, type Place } from './relatedPrompt.ts';

/** Longer texts are not even made into tokens: code has three characters in one, or more. */
const CHARACTERS_PER_TOKEN = 6;

export class RelatedTokens {
  readonly #byTexts = new WeakMap<readonly RelatedText[], Map<string, Promise<Int32Array>>>();

  /** @returns at most `budget` tokens; none when nothing fits */
  of(
    texts: readonly RelatedText[],
    place: Place,
    model: ModelHandle,
    budget: number,
  ): Promise<Int32Array> {
    const byModel = this.#byTexts.get(texts) ?? new Map<string, Promise<Int32Array>>();
    this.#byTexts.set(texts, byModel);
    const key = `${budget} ${model.id}`;
    const known = byModel.get(key);
    if (known !== undefined) return known;
    const tokens = encode(texts, place, model, budget);
    byModel.set(key, tokens);
    tokens.catch(() => byModel.delete(key));
    return tokens;
  }
}

async function encode(
  texts: readonly RelatedText[],
  place: Place,
  model: ModelHandle,
  budget: number,
): Promise<Int32Array> {
  const { fillIn } = model.metadata;
  const encoded = await Promise.all(
    texts.map(async (text) => {
      const pieces = relatedPieces(text, place, fillIn);
      if (pieces === undefined || text.text.length > budget * CHARACTERS_PER_TOKEN) return [];
      return [{ kind: text.kind, tokens: await model.encode(pieces) }];
    }),
  );
  const frame = knowsFiles(fillIn) ? repositoryFrame(fillIn, place) : { head: [], tail: [] };
  const [head, tail] = await Promise.all([model.encode(frame.head), model.encode(frame.tail)]);
  const left = budget - head.length - tail.length;
  const chosen = fitRelated(encoded.flat(), left, ({ tokens }) => tokens.length);
  if (chosen.length === 0) return new Int32Array();
  return Int32Array.from([...head, ...chosen.flatMap(({ tokens }) => [...tokens]), ...tail]);
}
