/** The nets that tell how long a model takes: those of one layer of each kind, and its output head. */
import { decodeLengths, layerKinds, weightBits, type Build } from '../prediction/build.ts';
import type { ModelShape } from '../prediction/modelShape.ts';

/** What python/onelayer.py is asked to write. */
export interface Description {
  readonly part: 'layer' | 'head';
  /** Of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly quantization: Build['quantization'];
  readonly groupSize: number;
  readonly isSymmetric: boolean;
  readonly prefill: Build['prefill'];
  readonly hasPrefixReuse: boolean;
  readonly sequenceLength: number;
  readonly inputLength: number;
  /** 0 for a decode of one length. */
  readonly shortestDecode: number;
}

/** One run of the compiler. */
export interface NetJob {
  readonly description: Description;
  /** The net's name and folder, as the compiler's converter has it. */
  readonly net: string;
  /** Without it, a net that would be dynamic is built as if it were static, to have a schedule. */
  readonly isReal: boolean;
}

/** One of them, and how often a model has it. */
export interface LayerNets {
  readonly count: number;
  /** Of prefill as it will be, for its memory. */
  readonly prefill: readonly NetJob[];
  /** The same with a schedule: the first chunk, and one with a full KV cache before it. */
  readonly firstChunk: NetJob;
  readonly laterChunk: NetJob | undefined;
  /** By KV length, shortest first. */
  readonly decode: readonly { readonly kvLength: number; readonly job: NetJob }[];
}

export interface ModelNets {
  readonly layers: readonly LayerNets[];
  /** With ever more of the vocabulary; only one where that is the whole. */
  readonly heads: readonly { readonly vocabulary: number; readonly job: NetJob }[];
}

/** The head's weights are many; time and memory grow evenly with them. */
const HEAD_SIZES = [8192, 16_384] as const;

export function netsOf(shape: ModelShape, build: Build): ModelNets {
  return {
    layers: layerKinds(shape, build).map(({ count, build: kind }) => layerNets(count, shape, kind)),
    heads: headSizes(shape).map((vocabulary) => ({
      vocabulary,
      job: headJob(shape, build, vocabulary),
    })),
  };
}

function layerNets(count: number, shape: ModelShape, build: Build): LayerNets {
  const description = describe('layer', shape, build);
  const real = (net: string): NetJob => ({ description, net, isReal: true });
  const names = build.hasPrefixReuse ? ['block_0', 'block_kv_0'] : ['block_0'];
  const timed = (net: string): NetJob => ({
    description,
    net,
    isReal: build.prefill === 'static',
  });
  return {
    count,
    prefill: names.map(real),
    firstChunk: timed('block_0'),
    laterChunk: build.hasPrefixReuse ? timed('block_kv_0') : undefined,
    // The longest is the first stage; the others are numbered from the longest down.
    decode: decodeLengths(build).map((kvLength, index, { length }) => ({
      kvLength,
      job: real(index === length - 1 ? 'block_cache_0' : `block_cache_0_${length - 1 - index}`),
    })),
  };
}

function headSizes({ vocabulary }: ModelShape): number[] {
  return vocabulary <= HEAD_SIZES[1] ? [vocabulary] : [...HEAD_SIZES];
}

/** Always in 16 bits, and the same whatever the lengths are. */
function headJob(shape: ModelShape, build: Build, vocabulary: number): NetJob {
  const quantization = build.quantization.endsWith('bf16') ? 'bf16' : 'f16';
  const plain: Description = {
    ...describe('head', { ...shape, vocabulary }, { ...build, quantization }),
    groupSize: 64,
    isSymmetric: false,
    prefill: 'static',
    hasPrefixReuse: false,
    sequenceLength: 64,
    inputLength: 64,
    shortestDecode: 0,
  };
  return { description: plain, net: 'lm_head', isReal: true };
}

function describe(part: Description['part'], shape: ModelShape, build: Build): Description {
  return {
    part,
    config: configOf(part, shape, build),
    quantization: build.quantization,
    groupSize: weightBits(build.quantization) === 16 ? 64 : build.groupSize,
    isSymmetric: build.isSymmetric,
    prefill: build.prefill,
    hasPrefixReuse: build.hasPrefixReuse,
    sequenceLength: build.sequenceLength,
    inputLength: build.chunkLength,
    shortestDecode: build.shortestDecode < build.sequenceLength ? build.shortestDecode : 0,
  };
}

/** Two layers, as the last one has the final norm too. Of the vocabulary a layer knows nothing. */
function configOf(
  part: Description['part'],
  shape: ModelShape,
  { quantization }: Build,
): Description['config'] {
  return {
    model_type: shape.architecture,
    hidden_size: shape.hiddenSize,
    intermediate_size: part === 'head' ? shape.hiddenSize : shape.innerSize,
    num_hidden_layers: 2,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.headSize,
    vocab_size: part === 'head' ? shape.vocabulary : 64,
    max_position_embeddings: 64,
    tie_word_embeddings: false,
    rms_norm_eps: 1e-6,
    hidden_act: 'silu',
    rope_theta: 1_000_000,
    dtype: quantization.endsWith('bf16') ? 'bfloat16' : 'float16',
  };
}

/** Every run that is needed, once. */
export function jobsOf({ layers, heads }: ModelNets): NetJob[] {
  const jobs = [
    ...layers.flatMap(({ prefill, firstChunk, laterChunk, decode }) => [
      ...decode.map(({ job }) => job),
      firstChunk,
      ...(laterChunk ? [laterChunk] : []),
      ...prefill,
    ]),
    ...heads.map(({ job }) => job),
  ];
  return [...new Map(jobs.map((job) => [jobKey(job), job])).values()];
}

/** Equal for runs of the compiler that give the same. */
export function jobKey(job: NetJob): string {
  return JSON.stringify(job);
}
