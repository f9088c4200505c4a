/** The compiled model in a folder: which file it is, and whether this program can run it. */
import type { Bmodel } from '../formats/bmodel.ts';
import type { BmodelTensor } from '../formats/bmodelNet.ts';
import { FormatError } from '../formats/fileCursor.ts';
import { onlyBmodelIn } from '../formats/isBmodel.ts';
import { PilotError } from '../protocol/errors.ts';
import { inspectBmodel } from './inspectBmodel.ts';

/** Its name in every folder that this program makes. */
export const MODEL_FILE = 'model.bmodel';

/** @throws PilotError modelInvalid when there is none, or more than one */
export async function onlyBmodel(folder: string): Promise<string> {
  try {
    return await onlyBmodelIn(folder);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new PilotError('modelInvalid', { file: folder, reason: error.message }, { cause: error });
  }
}

/** @throws PilotError what `inspectBmodel` throws; unsupportedModel when it needs several chips */
export async function inspectOneChip(file: string): Promise<Bmodel> {
  const bmodel = await inspectBmodel(file);
  if (bmodel.devices === 1) return bmodel;
  const reason = `it is built for ${bmodel.devices} chips at once, which is not supported yet`;
  throw new PilotError('unsupportedModel', { reason });
}

/**
 * Tokens that a net's KV cache holds, by its inputs; 0 for a net without one. The cache is the only
 * input with four dimensions whose second is a length.
 */
export function kvLengthOf(inputs: readonly BmodelTensor[]): number {
  const history = inputs.find(({ name }) => name.startsWith('history_k'));
  return history?.shape[1] ?? 0;
}
