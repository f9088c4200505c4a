/** Models as text for people. */
import { totalSize, type ModelInfo } from '../protocol/models.ts';
import { columns } from './columns.ts';
import { factLines, type Fact } from './facts.ts';
import { formatBytes, formatCount } from './units.ts';

const headings = ['MODEL', 'ALIAS', 'SIZE', 'PARAMETERS', 'TYPE', 'CONTEXT', 'FILL-IN'];

/** One line each, in columns. */
export function modelTable(models: readonly ModelInfo[]): string {
  if (models.length === 0) return 'No models. Get one with "tpu-pilot model pull default".';
  // Of bmodels alone there is something to tell.
  const isChecked = models.some(({ verified }) => verified !== undefined);
  const rows = [
    [...headings, ...(isChecked ? ['CHECK'] : [])],
    ...models.map((model) => [
      model.id,
      model.aliases.join(' '),
      formatBytes(totalSize(model.files)),
      model.parameters === undefined ? '' : formatCount(model.parameters),
      model.quantization ?? model.format,
      model.contextLength?.toString() ?? '',
      model.hasFillIn ? 'yes' : 'no',
      verifiedText(model) ?? '',
    ]),
  ];
  return columns(rows);
}

/** One fact a line; what is not known is left out. */
export function describeModel(model: ModelInfo): string {
  const facts: Fact[] = [
    ['Model', model.id],
    ['Aliases', model.aliases.join(', ')],
    ['Name', model.displayName],
    ['Architecture', model.architecture],
    ['Type', [model.format, model.quantization].filter(Boolean).join(', ')],
    ['Parameters', model.parameters === undefined ? undefined : formatCount(model.parameters)],
    ['Context', model.contextLength === undefined ? undefined : `${model.contextLength} tokens`],
    ['Chat template', model.hasChatTemplate ? 'yes' : 'no'],
    ['Fill-in', model.hasFillIn ? 'yes' : 'no'],
    ['Check', verifiedText(model)],
    ['Size', formatBytes(totalSize(model.files))],
    ['Source', model.source],
    ['Path', model.path],
    ['sha256', model.files.length === 1 ? model.files[0]?.sha256 : undefined],
    ['Added', model.addedAt],
  ];
  return factLines(facts, 15).join('\n');
}

/** Of bmodels alone: others are not compiled, so there is nothing to compare. */
function verifiedText({ verified }: ModelInfo): string | undefined {
  return verified === undefined ? undefined : verified ? 'verified' : 'unverified';
}
