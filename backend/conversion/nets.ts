/** The nets that a model is compiled to, and what the result must hold. Pure. */
import type { Bmodel } from '../formats/bmodel.ts';
import type { BmodelNet } from '../formats/bmodelNet.ts';
import { kvLengthOf } from '../models/bmodelFolder.ts';
import { weightBits } from '../prediction/build.ts';
import { layerParameters, type ModelShape } from '../prediction/modelShape.ts';
import { decodeStages, promptLength, type ChosenOptions } from './options.ts';

/** A net as it must be in the compiled model. Names and shapes: tpu-mlir 1.30.2, LlmConverter.py. */
export interface ExpectedNet {
  readonly name: string;
  readonly layer?: number;
  /** Of the largest stage. */
  readonly firstInput: readonly number[];
  /** Tokens of KV cache that each stage reads; absent for nets without a cache. */
  readonly kvLengths?: readonly number[];
  readonly outputs: number;
  readonly isDynamic: boolean;
}

export function expectedNets(shape: ModelShape, options: ChosenOptions): ExpectedNet[] {
  const { hiddenSize, vocabulary, layers } = shape;
  const length = promptLength(options);
  const isDynamic = options.prefill === 'dynamic';
  const plain = { outputs: 1, isDynamic: false };
  const nets: ExpectedNet[] = [];
  if (!options.isEmbeddingOnDisk) {
    nets.push(
      { ...plain, name: 'embedding', firstInput: [1, length] },
      { ...plain, name: 'embedding_cache', firstInput: [1, 1] },
    );
  }
  nets.push({ ...plain, name: 'lm_head', firstInput: [1, hiddenSize] });
  if (options.head === 'logits') {
    nets.push(
      { ...plain, name: 'greedy_head', firstInput: [1, vocabulary], isDynamic: true },
      { name: 'sample_head', firstInput: [1, vocabulary], outputs: 2, isDynamic: true },
    );
  }
  for (let layer = 0; layer < layers; layer++) {
    const prompt = { layer, firstInput: [1, length, hiddenSize], outputs: 3, isDynamic };
    const kvLengths = [options.sequenceLength, ...decodeStages(options)];
    nets.push(
      { ...prompt, name: `block_${layer}` },
      {
        name: `block_cache_${layer}`,
        layer,
        firstInput: [1, 1, hiddenSize],
        kvLengths,
        outputs: 3,
        isDynamic: false,
      },
    );
    if (options.hasPrefixReuse) {
      nets.push({
        ...prompt,
        name: `block_kv_${layer}`,
        kvLengths: [options.sequenceLength],
      });
    }
  }
  return nets;
}

/** Compilations: one for each stage of each net. */
export function countSubModels(shape: ModelShape, options: ChosenOptions): number {
  return expectedNets(shape, options).reduce(
    (sum, { name, kvLengths }) =>
      sum + (name.startsWith('block_cache_') ? (kvLengths?.length ?? 1) : 1),
    0,
  );
}

/** A sentence part for everything that is not as it must be, beginning with the net's name. */
export function netProblems(
  model: Pick<Bmodel, 'nets' | 'devices'>,
  shape: ModelShape,
  options: ChosenOptions,
): string[] {
  const byName = new Map(model.nets.map((net) => [net.name, net]));
  const problems =
    model.devices === options.devices
      ? []
      : [`it is built for ${model.devices} chips, not for ${options.devices}`];
  for (const expected of expectedNets(shape, options)) {
    for (const name of namesOnChips(expected.name, options.devices)) {
      const net = byName.get(name);
      const found = net ? differences(net, expected, shape, options) : ['it is missing'];
      problems.push(...found.map((problem) => `${name}: ${problem}`));
      byName.delete(name);
    }
  }
  return [...problems, ...[...byName.keys()].map((name) => `${name}: nobody has asked for it`)];
}

/** A net of several chips is one for each, with the chip's number. Sampling is on one alone. */
export function namesOnChips(name: string, devices: number): string[] {
  if (devices === 1 || ON_ONE_CHIP.includes(name)) return [name];
  return Array.from({ length: devices }, (_, device) => `${name}_${device}`);
}

const ON_ONE_CHIP = ['greedy_head', 'sample_head'];

function differences(
  net: BmodelNet,
  expected: ExpectedNet,
  shape: ModelShape,
  options: ChosenOptions,
): string[] {
  const [stage] = net.stages;
  if (!stage) return ['it has no stages'];
  const problems: string[] = [];
  const compare = (what: string, found: unknown, wanted: unknown): void => {
    const [is, must] = [JSON.stringify(found ?? null), JSON.stringify(wanted)];
    if (is !== must) problems.push(`its ${what} is ${is}, not ${must}`);
  };
  const input = stage.inputs[0]?.shape;
  const isFolded = expected.name === 'lm_head' && options.devices > 1;
  if (!isFolded) compare('first input', input, expected.firstInput);
  if (options.devices === 1) compare('number of outputs', stage.outputs.length, expected.outputs);
  if (expected.layer !== undefined) compare('prefill', kindOf(stage), kindOf(expected));
  if (expected.kvLengths) {
    const lengths = net.stages.map(({ inputs }) => kvLengthOf(inputs));
    compare('length of KV cache', lengths.toSorted(descending), expected.kvLengths);
  }
  if (expected.layer !== undefined) {
    const bits = weightBits(options.quantization);
    const isHigh = bits === 16 || options.keepHigh.includes(expected.layer);
    const size = (stage.weights?.size ?? 0) * options.devices;
    const half = 2 * layerParameters(shape);
    if (isHigh && size < half) problems.push(`its weights are not kept in 16 bits`);
    // A quantized matrix has a share of a scale and a zero point, and stays well below 16 bits.
    if (!isHigh && size < (half * bits) / 16) problems.push('some of its weights are missing');
  }
  return problems;
}

function kindOf({ isDynamic }: { isDynamic: boolean }): string {
  return isDynamic ? 'dynamic' : 'static';
}

function descending(a: number, b: number): number {
  return b - a;
}
