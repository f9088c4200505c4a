/** Where a prediction has its numbers from: formulas, or what the compiler says. */
import type { FigureMethod, Range } from '../protocol/prediction.ts';
import type { Build } from './build.ts';
import { memoryBlocks, type Blocks } from './memory.ts';
import type { ModelShape } from './modelShape.ts';
import { decodeStep, firstToken, type Step } from './time.ts';

export interface Figures {
  readonly method: FigureMethod;
  /** One token for each slot, with a KV cache of that many tokens each. */
  decodeStep(kvLength: number, clockMHz: number): Step;
  /** From the first launch to the first token, in ms, with nothing of the prompt in the KV cache. */
  firstToken(promptTokens: number, clockMHz: number): Range;
  readonly memory: readonly Blocks[];
  /** What they rest on and leave out, in sentences. */
  readonly assumptions: readonly string[];
}

export function formulaFigures(shape: ModelShape, build: Build): Figures {
  return {
    method: 'estimated',
    decodeStep: (kvLength, clockMHz) => decodeStep(shape, build, kvLength, clockMHz),
    firstToken: (tokens, clockMHz) => firstToken(shape, build, tokens, clockMHz),
    memory: memoryBlocks(shape, build),
    assumptions: [
      'This is computed, not measured: bandwidths and speeds are fitted to the compiler’s time model and to published figures, all of which lie within the bounds.',
      'It leaves out the PCIe bus, the host’s own work and a chip that slows down when hot; 0.1 ms is counted for each launch.',
      'Only matrix work follows the clock; memory does not.',
      'Weights and the KV cache are exact; activations and instructions are estimates.',
    ],
  };
}
