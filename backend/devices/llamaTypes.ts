/**
 * The types of libllama v0.5.0's C API that the `cpu` driver uses, in the words of llama.h, with
 * the sizes and defaults that prove at start-up that a library is of this version.
 */
import koffi from 'koffi';

/** A C pointer. koffi gives null for NULL. */
export type Pointer = bigint;

/** @throws TypeError unless koffi gave a pointer that is not NULL */
export function toPointer(value: unknown): Pointer {
  if (typeof value !== 'bigint') throw new TypeError('The library gave no pointer.');
  return value;
}

const opaque = ['llama_model', 'llama_context', 'llama_vocab', 'llama_memory_i', 'llama_sampler'];
for (const name of opaque) koffi.opaque(name);
koffi.pointer('llama_memory_t', 'llama_memory_i');
koffi.alias('llama_token', 'int32_t');
koffi.alias('llama_pos', 'int32_t');
koffi.alias('llama_seq_id', 'int32_t');

/** The fields of struct llama_model_params that the driver sets; koffi carries the others along. */
export interface ModelParams extends Readonly<Record<string, unknown>> {
  readonly n_gpu_layers: number;
  readonly progress_callback: Pointer | null;
}
const modelParams = koffi.struct('llama_model_params', {
  devices: 'void *',
  tensor_buft_overrides: 'void *',
  n_gpu_layers: 'int32_t',
  split_mode: 'int', // enum llama_split_mode
  load_mode: 'int', // enum llama_load_mode
  lazy_mode: 'int', // enum llama_lazy_mode
  main_gpu: 'int32_t',
  tensor_split: 'void *',
  progress_callback: 'void *',
  progress_callback_user_data: 'void *',
  kv_overrides: 'void *',
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
});

/** The fields of struct llama_context_params that the driver sets. */
export interface ContextParams extends Readonly<Record<string, unknown>> {
  readonly n_ctx: number;
  readonly n_batch: number;
  readonly n_ubatch: number;
  readonly n_seq_max: number;
  readonly n_outputs_max: number;
  readonly n_threads: number;
  readonly n_threads_batch: number;
  readonly flash_attn_type: number;
  readonly offload_kqv: boolean;
  readonly op_offload: boolean;
  readonly kv_unified: boolean;
}
const contextParams = koffi.struct('llama_context_params', {
  n_ctx: 'uint32_t',
  n_batch: 'uint32_t',
  n_ubatch: 'uint32_t',
  n_seq_max: 'uint32_t',
  n_rs_seq: 'uint32_t',
  n_outputs_max: 'uint32_t',
  n_outputs_max_per_seq: 'uint32_t',
  n_threads: 'int32_t',
  n_threads_batch: 'int32_t',
  ctx_type: 'int', // enum llama_context_type
  rope_scaling_type: 'int', // enum llama_rope_scaling_type
  pooling_type: 'int', // enum llama_pooling_type
  attention_type: 'int', // enum llama_attention_type
  flash_attn_type: 'int', // enum llama_flash_attn_type
  rope_freq_base: 'float',
  rope_freq_scale: 'float',
  yarn_ext_factor: 'float',
  yarn_attn_factor: 'float',
  yarn_beta_fast: 'float',
  yarn_beta_slow: 'float',
  yarn_orig_ctx: 'uint32_t',
  defrag_thold: 'float',
  cb_eval: 'void *',
  cb_eval_user_data: 'void *',
  type_k: 'int', // enum ggml_type
  type_v: 'int', // enum ggml_type
  abort_callback: 'void *',
  abort_callback_data: 'void *',
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: 'void *',
  n_samplers: 'size_t',
  ctx_other: 'void *',
});

/** struct llama_batch; arrays are of `n_tokens` elements or more. */
export interface Batch {
  n_tokens: number;
  token: Int32Array;
  embd: null;
  pos: Int32Array;
  n_seq_id: Int32Array;
  /** Addresses of one llama_seq_id each. */
  seq_id: BigUint64Array;
  logits: Int8Array;
}
const batch = koffi.struct('llama_batch', {
  n_tokens: 'int32_t',
  token: 'llama_token *',
  embd: 'float *',
  pos: 'llama_pos *',
  n_seq_id: 'int32_t *',
  seq_id: 'void *', // llama_seq_id **
  logits: 'int8_t *',
});

/** struct llama_sampler_chain_params */
export interface SamplerChainParams {
  readonly no_perf: boolean;
}
const samplerChainParams = koffi.struct('llama_sampler_chain_params', { no_perf: 'bool' });

/** Sizes that a C compiler gives these structs on every 64-bit platform. */
export const layouts = [
  { type: modelParams, bytes: 80 },
  { type: contextParams, bytes: 160 },
  { type: batch, bytes: 56 },
  { type: samplerChainParams, bytes: 1 },
] as const;

/** void (*ggml_log_callback)(enum ggml_log_level level, const char * text, void * user_data) */
export const logCallback = koffi.pointer(
  koffi.proto('void ggml_log_callback(int level, const char *text, void *user_data)'),
);
/** bool (*llama_progress_callback)(float progress, void * user_data) */
export const progressCallback = koffi.pointer(
  koffi.proto('bool llama_progress_callback(float progress, void *user_data)'),
);
