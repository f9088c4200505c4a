/** Figures from the schedules of a model's nets. Between what was compiled, formulas give the shape. */
import type { Build } from '../prediction/build.ts';
import type { Figures } from '../prediction/figures.ts';
import type { ModelShape } from '../prediction/modelShape.ts';
import { chunkSeconds, NOMINAL_BANDWIDTH, spread } from '../prediction/time.ts';
import type { Compiled } from './compileNets.ts';
import { compiledBlocks } from './compiledMemory.ts';
import { atVocabulary, between } from './interpolate.ts';
import type { NetTime } from './netFigures.ts';
import type { LayerNets, ModelNets, NetJob } from './nets.ts';

const assumptions = [
  'This is a prediction: times are those of the compiler’s own schedule, not measured on a chip; the bounds are how far published figures lie from such.',
  'It leaves out the PCIe bus, the host’s own work, what a launch costs, copies of the KV cache, the choice of the token, and a chip that slows down when hot.',
  'One layer of each kind was compiled with random weights, and counted as often as the model has it.',
  'The matrix unit follows the clock; memory does not.',
  'Dynamic nets have no schedule: the same nets, built as static ones, stand for them.',
  'A prompt that does not fill its chunks, and a KV cache that a chunk finds half full, are interpolated; the longest length that fits is estimated.',
];

/** How far published figures lie from schedules, and a little more: what those leave out takes time. */
const decodeBounds = { low: 0.9, high: 1.5 };
const prefillBounds = { low: 0.95, high: 1.4 };

/** @param compiled has every net of `nets` */
export function compiledFigures(
  shape: ModelShape,
  build: Build,
  nets: ModelNets,
  compiled: Compiled,
): Figures {
  const timed = (job: NetJob): NetTime => requireTime(compiled, job);
  const head = (of: (time: NetTime) => number): number =>
    atVocabulary(
      nets.heads.map(({ vocabulary, job }) => ({ at: vocabulary, value: of(timed(job)) })),
      shape.vocabulary,
    );
  const layers = (of: (kind: LayerNets) => number): number =>
    nets.layers.reduce((sum, kind) => sum + kind.count * of(kind), 0);
  return {
    method: 'compiled',
    decodeStep: (kvLength, clockMHz) => {
      const decode = (kind: LayerNets): NetTime => timed(decodeJob(kind, kvLength));
      const at = (time: NetTime): number => millisecondsOf(time, clockMHz);
      const milliseconds = layers((kind) => at(decode(kind))) + head(at);
      const bytes =
        layers((kind) => decode(kind).memoryBytes) + head(({ memoryBytes }) => memoryBytes);
      return {
        milliseconds: spread(milliseconds / 1000, decodeBounds),
        memoryShare: bytes / NOMINAL_BANDWIDTH / (milliseconds / 1000),
      };
    },
    firstToken: (promptTokens, clockMHz) => {
      const at = (job: NetJob): number => millisecondsOf(timed(job), clockMHz);
      let milliseconds = head((time) => millisecondsOf(time, clockMHz));
      for (const chunk of chunksOf(build, promptTokens)) {
        milliseconds +=
          filledShare(shape, build, chunk, clockMHz) *
          layers(({ firstChunk, laterChunk }) => {
            const first = at(firstChunk);
            const full = laterChunk ? at(laterChunk) : first;
            return between(first, full, chunk.from / build.sequenceLength);
          });
      }
      return spread(milliseconds / 1000, prefillBounds);
    },
    memory: compiledBlocks(shape, build, nets, compiled),
    assumptions,
  };
}

interface Chunk {
  readonly tokens: number;
  /** Tokens before it, whose KV it reads. */
  readonly from: number;
}

export function chunksOf({ chunkLength, prefill }: Build, promptTokens: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = 0; from < promptTokens; from += chunkLength) {
    const tokens = prefill === 'static' ? chunkLength : Math.min(promptTokens - from, chunkLength);
    chunks.push({ tokens, from });
  }
  return chunks;
}

/** What a chunk costs that is not full, as a share of a full one at the same place. */
function filledShare(shape: ModelShape, build: Build, chunk: Chunk, clockMHz: number): number {
  const full = { ...chunk, tokens: build.chunkLength };
  return chunkSeconds(shape, build, chunk, clockMHz) / chunkSeconds(shape, build, full, clockMHz);
}

function decodeJob({ decode }: LayerNets, kvLength: number): NetJob {
  const stage = decode.find((one) => one.kvLength === kvLength);
  if (!stage) throw new Error(`Decode is not compiled for ${kvLength} tokens.`);
  return stage.job;
}

function requireTime(compiled: Compiled, job: NetJob): NetTime {
  const { time } = compiled.of(job);
  if (!time) throw new Error(`The net ${job.net} has no schedule.`);
  return time;
}

function millisecondsOf({ milliseconds }: NetTime, clockMHz: number): number {
  const value = milliseconds[clockMHz];
  if (value === undefined) throw new Error(`There is no time at ${clockMHz} MHz.`);
  return value;
}
