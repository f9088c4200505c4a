/** Whether the bmodel is the file that the compiler wrote, before anything is run of it. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ChipError, readBmodel, type Bmodel } from '../formats/bmodel.ts';
import { checkWeights } from '../formats/bmodelWeights.ts';
import { FormatError } from '../formats/fileCursor.ts';
import { errorCode } from '../models/disk.ts';
import { damaged, requireSize, requireSum } from '../models/listedFile.ts';
import { hashFile } from '../models/partFile.ts';
import { PilotError } from '../protocol/errors.ts';
import type { VerifyTarget } from './target.ts';

/**
 * Reads the file once or twice: some seconds for each GB.
 * @throws PilotError modelDamaged naming the file and what is wrong, wrongChip, sourceInvalid, cancelled
 */
export async function checkIntegrity(
  { bmodel: file, file: listed }: Pick<VerifyTarget, 'bmodel' | 'file'>,
  signal: AbortSignal,
): Promise<Bmodel> {
  try {
    const { size } = await stat(file);
    if (listed) requireSize(file, size, listed);
    const model = await readBmodel(file);
    await checkWeights(file, model, signal);
    if (listed) requireSum(file, await hashFile(file, signal, () => undefined), listed);
    return model;
  } catch (cause) {
    if (cause instanceof ChipError) {
      const details = { file: path.basename(file), chip: cause.chip };
      throw new PilotError('wrongChip', details, { cause });
    }
    if (cause instanceof FormatError) throw damaged(file, cause.message, cause);
    if (errorCode(cause) === 'ENOENT') {
      const reason = 'there is no such file';
      throw new PilotError('sourceInvalid', { source: file, reason }, { cause });
    }
    if (signal.aborted) throw new PilotError('cancelled', {}, { cause });
    throw cause;
  }
}
