/** A prediction as text for people. */
import type { Prediction, Range } from '../protocol/prediction.ts';
import { columns } from './columns.ts';
import { factLines, type Fact } from './facts.ts';
import { formatBytes, formatCount } from './units.ts';

const partNames: Record<Prediction['memory']['parts'][number]['name'], string> = {
  layers: 'layers',
  embedding: 'embedding',
  outputHead: 'output head',
  kvCache: 'KV cache',
  activations: 'activations',
  instructions: 'instructions',
  kernel: 'kernel',
};

export function describePrediction(prediction: Prediction): string {
  const sections = [
    describeModel(prediction),
    memoryTable(prediction.memory),
    firstTokenTable(prediction.firstToken),
    decodeTable(prediction),
    prediction.assumptions.map((text) => `- ${text}`).join('\n'),
  ];
  return sections.join('\n\n');
}

function describeModel({ model, build, memory, compiler }: Prediction): string {
  const chunks = build.prefill === 'static' ? '' : ` in chunks of ${build.chunkLength}`;
  const groups = build.groupSize === undefined ? '' : `, groups of ${build.groupSize}`;
  const facts: Fact[] = [
    ['Model', `${model.architecture}, ${model.layers} layers, ${formatCount(model.parameters)}`],
    ['Build', `${build.quantization}${groups}${build.isSymmetric ? ', symmetric' : ''}`],
    ['Length', `${build.sequenceLength} of ${model.contextLength} tokens, ${describeSlots(build)}`],
    ['Prefill', `${build.prefill}${chunks}`],
    [
      'Figures',
      compiler === undefined ? 'estimated by formula' : `from the schedule of ${compiler}`,
    ],
    ['Fits', describeFit(memory)],
    ['Longest', memory.longestSequence === undefined ? 'none' : `${memory.longestSequence} tokens`],
    ['Would fit', memory.remedies.join(', or ')],
  ];
  return factLines(facts, 12).join('\n');
}

function describeSlots({ slots }: Prediction['build']): string {
  return slots === 1 ? '1 slot' : `${slots} slots`;
}

function describeFit({ fit, total, heaps }: Prediction['memory']): string {
  const capacity = describeSize(heaps.reduce((sum, { bytes }) => sum + bytes, 0));
  const need = `${describeSize(total.expected)} (at most ${describeSize(total.high)})`;
  switch (fit) {
    case 'yes':
      return `yes, ${need} of ${capacity}`;
    case 'tight':
      return `perhaps, ${need} of ${capacity}`;
    case 'no':
      return `no, ${need}, and the chip has ${capacity}`;
  }
}

function memoryTable({ parts, heaps, kvBytesPerToken }: Prediction['memory']): string {
  return columns([
    ['MEMORY', 'EXPECTED', 'AT MOST'],
    ...parts.map(({ name, bytes }) => [
      partNames[name],
      describeSize(bytes.expected),
      describeSize(bytes.high),
    ]),
    ['KV of a token', describeSize(kvBytesPerToken), ''],
    ...heaps.map(({ name, bytes, usedBytes }) => [
      name,
      describeSize(usedBytes),
      `of ${describeSize(bytes)}`,
    ]),
  ]);
}

function firstTokenTable(rows: Prediction['firstToken']): string {
  const clocks = [...new Set(rows.map(({ clockMHz }) => clockMHz))];
  const prompts = [...new Set(rows.map(({ promptTokens }) => promptTokens))];
  return columns([
    ['FIRST TOKEN', ...clocks.map((clock) => `AT ${clock} MHZ`)],
    ...prompts.map((prompt) => [
      `${prompt} tokens`,
      ...rows
        .filter(({ promptTokens }) => promptTokens === prompt)
        .map(({ milliseconds }) => `${describeRange(milliseconds, 0)} ms`),
    ]),
  ]);
}

function decodeTable({ decode, build }: Prediction): string {
  const clocks = [...new Set(decode.map(({ clockMHz }) => clockMHz))];
  const [fastest] = clocks;
  const unit = build.slots > 1 ? 'TOKENS/S, ALL SLOTS' : 'TOKENS/S';
  const rateAt = (kv: number, clock: number): string => {
    const row = decode.find(({ kvLength, clockMHz }) => kvLength === kv && clockMHz === clock);
    return row ? describeRange(row.tokensPerSecond, 1) : '';
  };
  return columns([
    ['DECODE', ...clocks.map((clock) => `${unit} AT ${clock} MHZ`), 'STEP', 'OF 64 GB/S'],
    ...decode
      .filter(({ clockMHz }) => clockMHz === fastest)
      .map(({ kvLength, stepMilliseconds, memoryShare }) => [
        `${kvLength} tokens of KV`,
        ...clocks.map((clock) => rateAt(kvLength, clock)),
        `${stepMilliseconds.expected.toFixed(0)} ms`,
        `${(100 * memoryShare).toFixed(0)} %`,
      ]),
  ]);
}

function describeRange({ low, expected, high }: Range, digits: number): string {
  return `${expected.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

/** Gigabytes in hundredths, as what is left of a chip's memory may be less than one. */
function describeSize(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : formatBytes(bytes);
}
