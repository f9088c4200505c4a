/** From a GGUF file to a model and a context of libllama. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import koffi from 'koffi';
import { FormatError } from '../formats/fileCursor.ts';
import { readGguf, type GgufHeader } from '../formats/gguf.ts';
import { isBmodel } from '../formats/isBmodel.ts';
import type { CpuHandles } from './cpuContext.ts';
import { MICRO_BATCH, planMemory, type CpuShape } from './cpuMemory.ts';
import { DeviceError, type DeviceErrorCode, type LoadOptions } from './device.ts';
import type { LlamaLibrary } from './llamaLibrary.ts';
import { withErrors } from './llamaLog.ts';
import { progressCallback, type Pointer } from './llamaTypes.ts';
import { onWorker } from './onWorker.ts';

export interface LoadedGguf {
  readonly handles: CpuHandles;
  readonly shape: CpuShape;
}

/** A sentence or two. */
const REASON_CHARACTERS = 300;
/** LLAMA_MAX_SEQ */
const MAX_SLOTS = 256;
/** LLAMA_FLASH_ATTN_TYPE_ENABLED */
const FLASH_ATTENTION = 1;

/**
 * Check the file, predict its memory, then load it. The library trusts what a file says of itself,
 * so nothing reaches it whose tensors are not all inside the file.
 * @throws DeviceError invalidModel, unsupportedModel, noMemory; RangeError for a number of slots
 */
export async function loadGguf(
  library: LlamaLibrary,
  options: LoadOptions,
  availableBytes: number,
): Promise<LoadedGguf> {
  const { slots } = options;
  if (!Number.isInteger(slots) || slots < 1 || slots > MAX_SLOTS) {
    throw new RangeError(`A model has 1 to ${MAX_SLOTS} slots, not ${slots}.`);
  }
  const { header, bytes } = await inspect(options.path);
  const shape = planMemory(header, bytes, options, availableBytes);
  return withErrors(library, async (errors) => {
    const fault = (fallback: DeviceErrorCode): DeviceError =>
      libraryError(options.path, errors, fallback);
    const model = await loadModel(library, options);
    if (model === null) throw fault('invalidModel');
    try {
      checkKind(library, model, options.path);
      const context = await makeContext(library, model, slots, shape.kvTokens);
      if (context === null) throw fault('noMemory');
      const memory = library.api.get_memory(context);
      if (memory === null) {
        library.api.free(context);
        throw unsupported(options.path, 'it does not generate text');
      }
      return { handles: { library, model, context, memory }, shape };
    } catch (error) {
      library.api.model_free(model);
      throw error;
    }
  });
}

async function inspect(path: string): Promise<{ header: GgufHeader; bytes: number }> {
  try {
    if (await isBmodel(path)) {
      const advice = 'start the backend with --device bm1684x or --device emulator';
      throw unsupported(path, `it is a model for the BM1684X; ${advice}`);
    }
    const header = await readGguf(path);
    return { header, bytes: (await stat(path)).size };
  } catch (cause) {
    if (cause instanceof DeviceError) throw cause;
    const reason =
      cause instanceof FormatError
        ? cause.message
        : `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new DeviceError('invalidModel', `${basename(path)}: ${reason}.`, undefined, { cause });
  }
}

async function loadModel({ api }: LlamaLibrary, options: LoadOptions): Promise<Pointer | null> {
  // An exception would reach the library as `false`, which stops the load.
  const listen = (fraction: number): boolean => {
    try {
      options.onProgress?.(fraction);
    } catch {
      // The listener's fault is not the load's.
    }
    return true;
  };
  const callback = koffi.register(listen, progressCallback);
  try {
    return await onWorker(api.model_load_from_file)(options.path, {
      ...api.model_default_params(),
      n_gpu_layers: 0,
      progress_callback: callback,
    });
  } finally {
    koffi.unregister(callback);
  }
}

/** Only plain attention keeps every token of a slot, and can be cut off, forked and shared. */
function checkKind({ api }: LlamaLibrary, model: Pointer, path: string): void {
  if (api.model_has_encoder(model) || !api.model_has_decoder(model)) {
    throw unsupported(path, 'it has an encoder');
  }
  if (api.model_is_recurrent(model) || api.model_is_hybrid(model)) {
    throw unsupported(path, 'its state is recurrent, and cannot be cut at a token');
  }
  if (api.model_is_diffusion(model)) throw unsupported(path, 'it generates by diffusion');
  if (api.model_n_swa(model) > 0) {
    throw unsupported(path, 'its attention has a sliding window, which forgets tokens');
  }
}

function makeContext(
  { api }: LlamaLibrary,
  model: Pointer,
  slots: number,
  kvTokens: number,
): Promise<Pointer | null> {
  return onWorker(api.init_from_model)(model, {
    ...api.context_default_params(),
    n_ctx: kvTokens,
    // A step may fill the whole cache.
    n_batch: kvTokens,
    n_ubatch: MICRO_BATCH,
    n_seq_max: slots,
    n_outputs_max: slots,
    flash_attn_type: FLASH_ATTENTION,
    kv_unified: true,
    offload_kqv: false,
    op_offload: false,
  });
}

function unsupported(path: string, reason: string): DeviceError {
  return new DeviceError('unsupportedModel', `${basename(path)}: ${reason}.`);
}

/** What the library said, without the names of its functions in front. */
function libraryError(
  path: string,
  errors: readonly string[],
  fallback: DeviceErrorCode,
): DeviceError {
  const reason =
    errors[0]
      ?.replace(/^(?:[\w~:]+: )+(?:error loading model: )?/, '')
      // It quotes the file, which may hold anything.
      .replace(/\p{C}/gu, '?')
      .slice(0, REASON_CHARACTERS) ?? 'libllama cannot load it, and does not say why';
  const said = errors.join('\n');
  const code = /unknown model architecture|unsupported|not supported/i.test(said)
    ? 'unsupportedModel'
    : /failed to allocate|out of memory|unable to allocate/i.test(said)
      ? 'noMemory'
      : fallback;
  return new DeviceError(code, `${basename(path)}: ${reason}.`);
}
