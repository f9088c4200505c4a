/** What a loaded GGUF model tells of itself, by libllama. */
import type { FillInTokens, ModelMetadata, SpecialToken } from './device.ts';
import type { Llama } from './llama.ts';
import type { Pointer } from './llamaTypes.ts';
import { samplingOfGguf } from './recommendedSampling.ts';

/** LLAMA_TOKEN_ATTR_CONTROL and LLAMA_TOKEN_ATTR_USER_DEFINED */
const SPECIAL_ATTRIBUTES = (1 << 3) | (1 << 4);
/** Tokens looked at before the event loop has its turn: less than 10 ms. */
const TOKENS_AT_ONCE = 16_384;

/** Read everything that prompts need to know; takes 20 to 100 ms, in small parts. */
export async function readMetadata(api: Llama, model: Pointer): Promise<ModelMetadata> {
  const vocab = api.model_get_vocab(model);
  const special = (id: number): SpecialToken => ({ id, text: api.vocab_get_text(vocab, id) });
  const optional = (id: number): SpecialToken | undefined => (id < 0 ? undefined : special(id));

  const vocabularySize = api.vocab_n_tokens(vocab);
  const endTokens: number[] = [];
  const specialTokens: SpecialToken[] = [];
  for (let id = 0; id < vocabularySize; id++) {
    if (id % TOKENS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    if (api.vocab_is_eog(vocab, id)) endTokens.push(id);
    if ((api.vocab_get_attr(vocab, id) & SPECIAL_ATTRIBUTES) !== 0) specialTokens.push(special(id));
  }

  const chatTemplate = api.model_chat_template(model, null);
  const bosToken = optional(api.vocab_bos(vocab));
  const eosToken = optional(api.vocab_eos(vocab));
  const fillIn = fillInTokens(api, vocab);
  const sampling = samplingOfGguf((key) => readText(api, model, key));
  return {
    architecture: readText(api, model, 'general.architecture'),
    name: readText(api, model, 'general.name'),
    vocabularySize,
    trainedContextLength: api.model_n_ctx_train(model),
    addBos: api.vocab_get_add_bos(vocab),
    endTokens,
    specialTokens,
    ...(chatTemplate === null ? {} : { chatTemplate }),
    ...(bosToken && { bosToken }),
    ...(eosToken && { eosToken }),
    ...(fillIn && { fillIn }),
    ...(sampling && { sampling }),
  };
}

function fillInTokens(api: Llama, vocab: Pointer): FillInTokens | undefined {
  const tokens = {
    prefix: api.vocab_fim_pre(vocab),
    suffix: api.vocab_fim_suf(vocab),
    middle: api.vocab_fim_mid(vocab),
  };
  if (Object.values(tokens).some((id) => id < 0)) return undefined;
  const repository = api.vocab_fim_rep(vocab);
  const file = api.vocab_fim_sep(vocab);
  return {
    ...tokens,
    ...(repository >= 0 && { repository }),
    ...(file >= 0 && { file }),
  };
}

/** A value of the metadata as text; empty when the model has none. */
function readText(api: Llama, model: Pointer, key: string): string {
  const length = api.model_meta_val_str(model, key, null, 0);
  if (length <= 0) return '';
  const out = Buffer.alloc(length + 1);
  api.model_meta_val_str(model, key, out, out.length);
  return out.toString('utf8', 0, length);
}
