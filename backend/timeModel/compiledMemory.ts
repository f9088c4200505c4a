/** Device memory from the nets of one layer, as the compiler has made them. */
import type { Build } from '../prediction/build.ts';
import { exactly, memoryBlocks, type Blocks } from '../prediction/memory.ts';
import type { ModelShape } from '../prediction/modelShape.ts';
import type { Compiled } from './compileNets.ts';
import { atVocabulary } from './interpolate.ts';
import type { NetFigures } from './netFigures.ts';
import type { LayerNets, ModelNets } from './nets.ts';

/** @param compiled has every net of `nets` */
export function compiledBlocks(
  shape: ModelShape,
  build: Build,
  nets: ModelNets,
  compiled: Compiled,
): Blocks[] {
  const memory = ({ prefill, decode }: LayerNets): NetFigures['memory'][] =>
    [...prefill, ...decode.map(({ job }) => job)].map((job) => compiled.of(job).memory);
  const head = (of: (memory: NetFigures['memory']) => number): number =>
    atVocabulary(
      nets.heads.map(({ vocabulary, job }) => ({
        at: vocabulary,
        value: of(compiled.of(job).memory),
      })),
      shape.vocabulary,
    );
  const perLayer = (
    name: Blocks['name'],
    of: (memory: readonly NetFigures['memory'][]) => number,
  ): Blocks[] =>
    nets.layers.map((kind) => ({
      name,
      count: kind.count,
      block: exactly(of(memory(kind))),
      method: 'compiled',
    }));
  const all = nets.layers.flatMap(memory);
  const [kernel = 0] = all.map((one) => one.kernel);
  const one = (name: Blocks['name'], bytes: number): Blocks => ({
    name,
    count: 1,
    block: exactly(bytes),
    method: 'compiled',
  });
  return [
    ...perLayer('layers', distinctWeights),
    // To the byte by formula, and not worth compiling whole.
    ...memoryBlocks(shape, build).filter(({ name }) => ['embedding', 'outputHead'].includes(name)),
    ...perLayer('kvCache', (of) => largest(of.map(({ io }) => io))),
    one(
      'activations',
      Math.max(
        largest(all.map(({ neuron }) => neuron)),
        head((of) => of.neuron),
      ),
    ),
    ...perLayer('instructions', (of) =>
      of.reduce((sum, { instructions }) => sum + instructions, 0),
    ),
    one(
      'instructions',
      head((of) => of.instructions),
    ),
    one('kernel', kernel),
  ];
}

/** The runtime keeps weights once that have the same sha256. */
function distinctWeights(nets: readonly NetFigures['memory'][]): number {
  const sizes = new Map(
    nets.flatMap(({ weights }) => weights.map(({ sha256, bytes }) => [sha256, bytes] as const)),
  );
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, n) => Math.max(most, n), 0);
}
