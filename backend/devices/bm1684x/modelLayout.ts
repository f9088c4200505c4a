/**
 * What a bmodel's nets are for, and how large they are: the nets of a large language model as the
 * vendor's converter names and shapes them (tpu-mlir 1.30.2, LlmConverter.py). Pure.
 */
import { DeviceError } from '../device.ts';
import { shapeOf, elementBytes, type NetInfo, type Port } from './netInfo.ts';
import type { Dtype } from './types.ts';

export interface LayerNets {
  /** Prefill of a sequence's first tokens. */
  readonly first: NetInfo;
  /** Prefill after a history; absent in builds without prefix reuse. */
  readonly next: NetInfo | undefined;
  /** Decode, with a stage for each length of the KV cache. */
  readonly decode: NetInfo;
}

export interface ModelLayout {
  readonly layers: readonly LayerNets[];
  /** Absent when the embedding is on disk. */
  readonly embedding: { readonly chunk: NetInfo; readonly one: NetInfo } | undefined;
  readonly head: NetInfo;
  /** What the head gives: the likeliest token, or the logits of all. */
  readonly headKind: 'token' | 'logits';
  /** Length of the logits; undefined for a head that gives tokens. */
  readonly headWidth: number | undefined;
  readonly hiddenSize: number;
  /** Of the states between layers. */
  readonly dtype: Extract<Dtype, 'bf16' | 'f16'>;
  /** Tokens that the first and the next prefill nets take at most. */
  readonly chunkLength: number;
  /** Tokens of the KV cache. */
  readonly contextLength: number;
  /** Of a token's keys, or values, in one layer. */
  readonly rowBytes: number;
  /** Lengths of the decode stages, in the order of the stages. */
  readonly decodeLengths: readonly number[];
}

/**
 * @param find the net of a name
 * @throws DeviceError unsupportedModel, naming what is missing or of another shape
 */
export function modelLayout(find: (name: string) => NetInfo | undefined): ModelLayout {
  const layers: LayerNets[] = [];
  for (let layer = 0; ; layer++) {
    const decode = find(`block_cache_${layer}`);
    if (decode === undefined) break;
    const first = required(find, `block_${layer}`);
    layers.push({ first, next: find(`block_kv_${layer}`), decode });
  }
  const [layer] = layers;
  if (layer === undefined) {
    // A build for several chips has every net once for each.
    if (find('block_cache_0_0') !== undefined) {
      throw unsupported('it is built for several chips at once, which is not supported yet');
    }
    throw unsupported('it has no net "block_cache_0": it is no language model of llm_convert');
  }
  const head = required(find, 'lm_head');
  const chunk = find('embedding');
  const one = find('embedding_cache');
  const [states, positions, mask, keys] = layer.decode.inputs;
  if (!states || !positions || !mask || !keys || layer.decode.inputs.length !== 5) {
    throw unsupported(`its decode nets take ${layer.decode.inputs.length} inputs, not 5`);
  }
  const [batch = 0, , hiddenSize = 0] = shapeOf(states);
  if (batch !== 1) throw unsupported(`it decodes ${batch} sequences at once, not one`);
  const { dtype } = states;
  if (dtype !== 'bf16' && dtype !== 'f16') throw unsupported(`its states are ${dtype}`);
  const contextLength = at(keys, 1);
  const decodeLengths = keys.shapes.map((shape) => shape[1] ?? 0);
  // The cache is kept in its buffers, which those of the other stages lie in.
  if (contextLength < Math.max(...decodeLengths)) {
    throw unsupported(`its first decode stage, of ${contextLength} tokens, is not the longest`);
  }
  for (const { decode } of layers) {
    const [, , , ...cache] = decode.inputs;
    const apart = cache.find(hasSeveralPlaces);
    if (apart)
      throw unsupported(`the stages of ${decode.name} have ${apart.name} in several places`);
  }
  const [firstStates] = layer.first.inputs;
  const headOutput = head.outputs[0];
  if (!firstStates || !headOutput) throw unsupported('a net has no inputs or outputs');
  const headKind = headOutput.dtype === 'i32' ? 'token' : 'logits';
  if (headKind === 'logits' && headOutput.dtype !== 'f32') {
    throw unsupported(`its logits are ${headOutput.dtype}`);
  }
  return {
    layers,
    embedding: chunk && one ? { chunk, one } : undefined,
    head,
    headKind,
    headWidth: headKind === 'logits' ? at(headOutput, 1) : undefined,
    hiddenSize,
    dtype,
    chunkLength: at(firstStates, 1),
    contextLength,
    rowBytes: (elementBytes(keys) * shapeOf(keys).reduce((a, b) => a * b, 1)) / contextLength,
    decodeLengths,
  };
}

/** The stage with the shortest KV cache that holds `history` tokens. */
export function stageFor(lengths: readonly number[], history: number): number {
  let best = -1;
  lengths.forEach((length, stage) => {
    if (length < history) return;
    if (best < 0 || length < (lengths[best] ?? 0)) best = stage;
  });
  if (best < 0) throw new RangeError(`No stage holds ${history} tokens.`);
  return best;
}

function required(find: (name: string) => NetInfo | undefined, name: string): NetInfo {
  const net = find(name);
  if (net === undefined) throw unsupported(`it has no net "${name}"`);
  return net;
}

function at(port: Port, dimension: number): number {
  const size = shapeOf(port)[dimension];
  if (size === undefined) throw unsupported(`${port.name} has too few dimensions`);
  return size;
}

function hasSeveralPlaces({ memories }: Port): boolean {
  return new Set(memories.map(({ device_addr }) => device_addr)).size > 1;
}

function unsupported(reason: string): DeviceError {
  return new DeviceError('unsupportedModel', `The model does not fit this driver: ${reason}.`);
}
