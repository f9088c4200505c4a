/** What a conversion would do, as text for people. */
import type { ConversionPlan } from '../protocol/conversion.ts';
import { describePrediction } from './predictText.ts';
import { formatBytes } from './units.ts';

export function describePlan(plan: ConversionPlan): string {
  const { source, options, disk, memory, subModels, problems } = plan;
  const need = ({ neededBytes, freeBytes }: ConversionPlan['disk']): string =>
    `${formatBytes(Math.max(0, neededBytes))} of ${formatBytes(freeBytes)} free`;
  const facts: [string, string][] = [
    ['Source', `${source.path} (${source.format === 'gguf' ? 'GGUF' : 'Hugging Face'})`],
    ['Head', options.head],
    ['Prefixes', options.hasPrefixReuse ? 'reused' : 'computed anew'],
    ['Chips', `${options.devices}`],
    ...(options.keepHigh.length > 0
      ? [['In 16 bits', `layers ${options.keepHigh.join(', ')}`] as [string, string]]
      : []),
    ['To compile', `${subModels} nets`],
    ['Disk', need(disk)],
    ['Memory', need(memory)],
  ];
  const lines = facts.map(([label, value]) => `${`${label}:`.padEnd(12)}${value}`);
  const found = problems.map(({ message, remedy }) => `Problem: ${message}\n${remedy}`);
  return [lines.join('\n'), describePrediction(plan.prediction), ...found].join('\n\n');
}
