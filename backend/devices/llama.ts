/**
 * The functions of libllama v0.5.0 that the `cpu` driver uses: declarations only, one line of
 * llama.h each, for a reviewer to hold against the header.
 */
import type { LibraryHandle } from 'koffi';
import type {
  Batch,
  ContextParams,
  ModelParams,
  Pointer,
  SamplerChainParams,
} from './llamaTypes.ts';

type Model = Pointer;
type Context = Pointer;
type Vocab = Pointer;
type Memory = Pointer;
type Sampler = Pointer;

/** A function that takes long: `async` runs it on a worker thread. */
export interface Slow<A extends readonly unknown[], R> {
  (...args: A): R;
  async: (...args: [...A, (error: unknown, result: R) => void]) => void;
}

/** The functions of {@link bindLlama}. Names without `llama_`; buffers are written in place. */
export interface Llama {
  version(): string;
  log_set(callback: Pointer | null, userData: null): void;
  backend_init(): void;
  load_all_from_path(folder: string): void;

  model_default_params(): ModelParams;
  context_default_params(): ContextParams;
  sampler_chain_default_params(): SamplerChainParams;
  model_load_from_file: Slow<[path: string, params: ModelParams], Model | null>;
  init_from_model: Slow<[model: Model, params: ContextParams], Context | null>;
  model_free(model: Model): void;
  free(context: Context): void;

  model_n_ctx_train(model: Model): number;
  model_n_swa(model: Model): number;
  model_has_encoder(model: Model): boolean;
  model_has_decoder(model: Model): boolean;
  model_is_recurrent(model: Model): boolean;
  model_is_hybrid(model: Model): boolean;
  model_is_diffusion(model: Model): boolean;
  model_meta_val_str(model: Model, key: string, out: Uint8Array | null, size: number): number;
  model_chat_template(model: Model, name: null): string | null;
  model_get_vocab(model: Model): Vocab;

  vocab_n_tokens(vocab: Vocab): number;
  vocab_get_text(vocab: Vocab, token: number): string;
  vocab_get_attr(vocab: Vocab, token: number): number;
  vocab_is_eog(vocab: Vocab, token: number): boolean;
  vocab_bos(vocab: Vocab): number;
  vocab_eos(vocab: Vocab): number;
  vocab_get_add_bos(vocab: Vocab): boolean;
  vocab_fim_pre(vocab: Vocab): number;
  vocab_fim_suf(vocab: Vocab): number;
  vocab_fim_mid(vocab: Vocab): number;
  vocab_fim_rep(vocab: Vocab): number;
  vocab_fim_sep(vocab: Vocab): number;
  tokenize: Slow<
    [Vocab, Uint8Array, length: number, out: Int32Array, max: number, boolean, boolean],
    number
  >;
  token_to_piece(
    vocab: Vocab,
    token: number,
    out: Uint8Array,
    length: number,
    lstrip: number,
    special: boolean,
  ): number;

  decode: Slow<[Context, Batch], number>;
  get_logits_ith(context: Context, index: number): Pointer | null;
  set_n_threads(context: Context, threads: number, threadsBatch: number): void;
  set_abort_callback(context: Context, callback: Pointer, data: Pointer): void;

  get_memory(context: Context): Memory | null;
  memory_seq_rm(memory: Memory, slot: number, from: number, to: number): boolean;
  memory_seq_cp(memory: Memory, from: number, to: number, p0: number, p1: number): void;
  state_seq_get_size(context: Context, slot: number): number;
  state_seq_get_data(context: Context, out: Uint8Array, size: number, slot: number): number;
  state_seq_set_data(context: Context, data: Uint8Array, size: number, slot: number): number;

  sampler_chain_init(params: SamplerChainParams): Sampler;
  sampler_chain_add(chain: Sampler, sampler: Sampler): void;
  sampler_chain_remove(chain: Sampler, index: number): Sampler;
  sampler_init_penalties(n: number, last: number, repeat: number, f: number, p: number): Sampler;
  sampler_init_top_k(k: number): Sampler;
  sampler_init_top_p(p: number, minKeep: number): Sampler;
  sampler_init_min_p(p: number, minKeep: number): Sampler;
  sampler_init_temp(temperature: number): Sampler;
  sampler_init_dist(seed: number): Sampler;
  sampler_init_greedy(): Sampler;
  sampler_sample(chain: Sampler, context: Context, index: number): number;
  sampler_accept(chain: Sampler, token: number): void;
  sampler_free(chain: Sampler): void;
}

/**
 * Bind the functions by their lines in the headers (`struct` and `enum` left out).
 * @throws Error naming the first function that the libraries lack
 */
export function bindLlama(libllama: LibraryHandle, libggml: LibraryHandle): Llama {
  const fn = (line: string) => libllama.func(line);
  // prettier-ignore
  return {
    version: fn('const char *llama_version(void)'),
    log_set: fn('void llama_log_set(void *log_callback, void *user_data)'),
    backend_init: fn('void llama_backend_init(void)'),
    load_all_from_path: libggml.func('void ggml_backend_load_all_from_path(const char *dir_path)'),

    model_default_params: fn('llama_model_params llama_model_default_params(void)'),
    context_default_params: fn('llama_context_params llama_context_default_params(void)'),
    sampler_chain_default_params: fn('llama_sampler_chain_params llama_sampler_chain_default_params(void)'),
    model_load_from_file: fn('llama_model *llama_model_load_from_file(const char *path_model, llama_model_params params)'),
    init_from_model: fn('llama_context *llama_init_from_model(llama_model *model, llama_context_params params)'),
    model_free: fn('void llama_model_free(llama_model *model)'),
    free: fn('void llama_free(llama_context *ctx)'),

    model_n_ctx_train: fn('int32_t llama_model_n_ctx_train(const llama_model *model)'),
    model_n_swa: fn('int32_t llama_model_n_swa(const llama_model *model)'),
    model_has_encoder: fn('bool llama_model_has_encoder(const llama_model *model)'),
    model_has_decoder: fn('bool llama_model_has_decoder(const llama_model *model)'),
    model_is_recurrent: fn('bool llama_model_is_recurrent(const llama_model *model)'),
    model_is_hybrid: fn('bool llama_model_is_hybrid(const llama_model *model)'),
    model_is_diffusion: fn('bool llama_model_is_diffusion(const llama_model *model)'),
    model_meta_val_str: fn('int32_t llama_model_meta_val_str(const llama_model *model, const char *key, uint8_t *buf, size_t buf_size)'),
    model_chat_template: fn('const char *llama_model_chat_template(const llama_model *model, const char *name)'),
    model_get_vocab: fn('const llama_vocab *llama_model_get_vocab(const llama_model *model)'),

    vocab_n_tokens: fn('int32_t llama_vocab_n_tokens(const llama_vocab *vocab)'),
    vocab_get_text: fn('const char *llama_vocab_get_text(const llama_vocab *vocab, llama_token token)'),
    vocab_get_attr: fn('int llama_vocab_get_attr(const llama_vocab *vocab, llama_token token)'),
    vocab_is_eog: fn('bool llama_vocab_is_eog(const llama_vocab *vocab, llama_token token)'),
    vocab_bos: fn('llama_token llama_vocab_bos(const llama_vocab *vocab)'),
    vocab_eos: fn('llama_token llama_vocab_eos(const llama_vocab *vocab)'),
    vocab_get_add_bos: fn('bool llama_vocab_get_add_bos(const llama_vocab *vocab)'),
    vocab_fim_pre: fn('llama_token llama_vocab_fim_pre(const llama_vocab *vocab)'),
    vocab_fim_suf: fn('llama_token llama_vocab_fim_suf(const llama_vocab *vocab)'),
    vocab_fim_mid: fn('llama_token llama_vocab_fim_mid(const llama_vocab *vocab)'),
    vocab_fim_rep: fn('llama_token llama_vocab_fim_rep(const llama_vocab *vocab)'),
    vocab_fim_sep: fn('llama_token llama_vocab_fim_sep(const llama_vocab *vocab)'),
    tokenize: fn('int32_t llama_tokenize(const llama_vocab *vocab, const uint8_t *text, int32_t text_len, llama_token *tokens, int32_t n_tokens_max, bool add_special, bool parse_special)'),
    token_to_piece: fn('int32_t llama_token_to_piece(const llama_vocab *vocab, llama_token token, uint8_t *buf, int32_t length, int32_t lstrip, bool special)'),

    decode: fn('int32_t llama_decode(llama_context *ctx, llama_batch batch)'),
    get_logits_ith: fn('float *llama_get_logits_ith(llama_context *ctx, int32_t i)'),
    set_n_threads: fn('void llama_set_n_threads(llama_context *ctx, int32_t n_threads, int32_t n_threads_batch)'),
    set_abort_callback: fn('void llama_set_abort_callback(llama_context *ctx, void *abort_callback, void *abort_callback_data)'),

    get_memory: fn('llama_memory_t llama_get_memory(const llama_context *ctx)'),
    memory_seq_rm: fn('bool llama_memory_seq_rm(llama_memory_t mem, llama_seq_id seq_id, llama_pos p0, llama_pos p1)'),
    memory_seq_cp: fn('void llama_memory_seq_cp(llama_memory_t mem, llama_seq_id seq_id_src, llama_seq_id seq_id_dst, llama_pos p0, llama_pos p1)'),
    state_seq_get_size: fn('size_t llama_state_seq_get_size(llama_context *ctx, llama_seq_id seq_id)'),
    state_seq_get_data: fn('size_t llama_state_seq_get_data(llama_context *ctx, uint8_t *dst, size_t size, llama_seq_id seq_id)'),
    state_seq_set_data: fn('size_t llama_state_seq_set_data(llama_context *ctx, const uint8_t *src, size_t size, llama_seq_id dest_seq_id)'),

    sampler_chain_init: fn('llama_sampler *llama_sampler_chain_init(llama_sampler_chain_params params)'),
    sampler_chain_add: fn('void llama_sampler_chain_add(llama_sampler *chain, llama_sampler *smpl)'),
    sampler_chain_remove: fn('llama_sampler *llama_sampler_chain_remove(llama_sampler *chain, int32_t i)'),
    sampler_init_penalties: fn('llama_sampler *llama_sampler_init_penalties(int32_t n_vocab, int32_t penalty_last_n, float penalty_repeat, float penalty_freq, float penalty_present)'),
    sampler_init_top_k: fn('llama_sampler *llama_sampler_init_top_k(int32_t k)'),
    sampler_init_top_p: fn('llama_sampler *llama_sampler_init_top_p(float p, size_t min_keep)'),
    sampler_init_min_p: fn('llama_sampler *llama_sampler_init_min_p(float p, size_t min_keep)'),
    sampler_init_temp: fn('llama_sampler *llama_sampler_init_temp(float t)'),
    sampler_init_dist: fn('llama_sampler *llama_sampler_init_dist(uint32_t seed)'),
    sampler_init_greedy: fn('llama_sampler *llama_sampler_init_greedy(void)'),
    sampler_sample: fn('llama_token llama_sampler_sample(llama_sampler *smpl, llama_context *ctx, int32_t idx)'),
    sampler_accept: fn('void llama_sampler_accept(llama_sampler *smpl, llama_token token)'),
    sampler_free: fn('void llama_sampler_free(llama_sampler *smpl)'),
  };
}
