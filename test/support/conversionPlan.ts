/** A plan and a compiler as the backend tells of them, for tests. */
import { predict } from '../../backend/prediction/predict.ts';
import { ConversionOptions, type ConversionPlan } from '../../backend/protocol/conversion.ts';
import type { ToolchainStatus } from '../../backend/protocol/toolchain.ts';
import { shapes } from './modelShapes.ts';

export function conversionPlan(changes: Partial<ConversionPlan> = {}): ConversionPlan {
  return {
    source: { path: '/models/qwen3', format: 'huggingFace', architecture: 'qwen3', layers: 36 },
    options: ConversionOptions.parse({ sequenceLength: 2048, chunkLength: 1024, groupSize: 64 }),
    prediction: predict(shapes['Qwen3-8B']),
    disk: { neededBytes: 40e9, freeBytes: 400e9 },
    memory: { neededBytes: 12e9, freeBytes: 20e9 },
    subModels: 110,
    problems: [],
    ...changes,
  };
}

export function toolchainStatus(changes: Partial<ToolchainStatus> = {}): ToolchainStatus {
  return {
    state: 'ready',
    folder: '/home/ada/toolchain',
    packages: [],
    programs: [],
    problems: [],
    missingBytes: { download: 2.7e9, disk: 6.712e9 },
    ...changes,
  };
}
