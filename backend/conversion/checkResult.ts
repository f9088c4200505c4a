/** Whether the compiled model holds all that it must: nobody else has looked. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { FormatError } from '../formats/fileCursor.ts';
import { readBmodel, type Bmodel } from '../formats/bmodel.ts';
import { MODEL_FILE } from '../models/bmodelFolder.ts';
import type { ModelShape } from '../prediction/modelShape.ts';
import { PilotError } from '../protocol/errors.ts';
import type { CompilePlan } from './compileNets.ts';
import { netProblems } from './nets.ts';
import type { ChosenOptions } from './options.ts';
import type { WorkFolder } from './work.ts';

/** The compiler's own bound: beyond it, nets do not share the weights that they should. */
const MOST_OVERHEAD = 1.2;
/** Problems that an error names. */
const MOST_NAMED = 5;

/** @throws PilotError conversionIncomplete naming what is wrong */
export async function checkResult(
  work: WorkFolder,
  shape: ModelShape,
  options: ChosenOptions,
  plan: CompilePlan,
): Promise<void> {
  const file = path.join(work.model, MODEL_FILE);
  const problems = netProblems(await read(file), shape, options);
  let distinct = 0;
  for (const name of plan.distinct) distinct += (await stat(work.netFile(name))).size;
  const { size } = await stat(file);
  if (size > distinct * MOST_OVERHEAD) {
    problems.push(`it has ${size} bytes, as if its nets shared no weights`);
  }
  if (options.isEmbeddingOnDisk) {
    const wanted = 2 * shape.vocabulary * shape.hiddenSize;
    const table = await stat(path.join(work.tables, 'embedding.bin')).catch(() => undefined);
    if (table?.size !== wanted) {
      problems.push(`embedding.bin has ${table?.size ?? 0} bytes, not ${wanted}`);
    }
  }
  if (problems.length === 0) return;
  const named = problems.slice(0, MOST_NAMED).join('; ');
  const more = problems.length - MOST_NAMED;
  const reason = more > 0 ? `${named}; and ${more} more` : named;
  throw new PilotError('conversionIncomplete', { part: MODEL_FILE, reason });
}

async function read(file: string): Promise<Bmodel> {
  try {
    return await readBmodel(file);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const details = { part: MODEL_FILE, reason: error.message };
    throw new PilotError('conversionIncomplete', details, { cause: error });
  }
}
