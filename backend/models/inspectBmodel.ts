/** A bmodel's own description, with errors for people. */
import path from 'node:path';
import { ChipError, readBmodel, type Bmodel } from '../formats/bmodel.ts';
import { checkWeights, type WeightCheck } from '../formats/bmodelWeights.ts';
import { FormatError } from '../formats/fileCursor.ts';
import { PilotError } from '../protocol/errors.ts';
import { errorCode } from './disk.ts';

/** @throws PilotError modelInvalid, wrongChip; sourceInvalid when there is no such file */
export async function inspectBmodel(file: string): Promise<Bmodel> {
  return withErrors(file, () => readBmodel(file));
}

/**
 * Reads all of its weights.
 * @throws PilotError modelInvalid when they are not what the compiler wrote; cancelled
 */
export async function checkBmodel(
  file: string,
  model: Bmodel,
  signal: AbortSignal,
): Promise<WeightCheck> {
  return withErrors(file, () => checkWeights(file, model, signal));
}

async function withErrors<T>(file: string, work: () => Promise<T>): Promise<T> {
  const name = path.basename(file);
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ChipError) {
      throw new PilotError('wrongChip', { file: name, chip: cause.chip }, { cause });
    }
    if (cause instanceof FormatError) {
      throw new PilotError('modelInvalid', { file: name, reason: cause.message }, { cause });
    }
    if (errorCode(cause) === 'ENOENT') {
      const reason = 'there is no such file or folder';
      throw new PilotError('sourceInvalid', { source: file, reason }, { cause });
    }
    if (errorCode(cause) === 'ABORT_ERR') throw new PilotError('cancelled', {}, { cause });
    throw cause;
  }
}
