/** A bmodel as text for people. */
import type { Bmodel } from '../formats/bmodel.ts';
import type { BmodelNet, BmodelTensor } from '../formats/bmodelNet.ts';
import type { WeightCheck } from '../formats/bmodelWeights.ts';
import { columns } from './columns.ts';
import { factLines, type Fact } from './facts.ts';
import { formatBytes } from './units.ts';

const headings = ['NET', 'STAGES', 'KIND', 'WEIGHTS', 'INPUTS', 'OUTPUTS'];

export function describeBmodel(model: Bmodel, check?: WeightCheck): string {
  const { memory, nets } = model;
  const facts: Fact[] = [
    ['Chip', model.devices > 1 ? `${model.devices} x ${model.chip}` : model.chip],
    ['Version', model.version],
    ['Compiled', model.builtAt],
    ['Nets', `${nets.length}`],
    ['Weights', formatBytes(memory.weights)],
    ['Instructions', formatBytes(memory.instructions)],
    ['Activations', formatBytes(memory.neuron)],
    ['Kept inputs', formatBytes(memory.io)],
    ['Kernel', formatBytes(memory.kernel)],
    ['Checked', check && describeCheck(check)],
  ];
  const lines = factLines(facts, 15);
  return `${lines.join('\n')}\n\n${columns([headings, ...nets.map(netRow)])}`;
}

function describeCheck({ checkedBytes, uncheckedBytes }: WeightCheck): string {
  const rest = uncheckedBytes > 0 ? `; ${formatBytes(uncheckedBytes)} have no sha256` : '';
  return `${formatBytes(checkedBytes)} of weights are what the compiler wrote${rest}`;
}

/** Shapes are those of the first stage, which is the largest. */
function netRow({ name, addressMode, stages }: BmodelNet): string[] {
  const [first] = stages;
  const kind = first?.isDynamic ? 'dynamic' : 'static';
  return [
    name,
    `${stages.length}`,
    addressMode === 'basic' ? kind : `${kind}, ${addressMode}`,
    formatBytes(first?.weights?.size ?? 0),
    (first?.inputs ?? []).map(describeTensor).join(' '),
    (first?.outputs ?? []).map(describeTensor).join(' '),
  ];
}

function describeTensor({ dtype, shape }: BmodelTensor): string {
  return `${dtype}[${shape.join(',')}]`;
}
