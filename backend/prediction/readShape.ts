/** The dimensions of a model on this machine: a Hugging Face folder, its config.json, or a GGUF. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { FormatError } from '../formats/fileCursor.ts';
import { PilotError } from '../protocol/errors.ts';
import { UnsupportedShape } from './checkShape.ts';
import { readConfigShape } from './configShape.ts';
import { readGgufShape } from './ggufShape.ts';
import type { ModelShape } from './modelShape.ts';

/** @throws PilotError sourceInvalid, modelInvalid, unsupportedModel */
export async function readShape(given: string): Promise<ModelShape> {
  const file = await findFile(given);
  try {
    return await (file.endsWith('.json') ? readConfigShape(file) : readGgufShape(file));
  } catch (error) {
    if (error instanceof UnsupportedShape) {
      throw new PilotError('unsupportedModel', { reason: error.message }, { cause: error });
    }
    if (!(error instanceof FormatError)) throw error;
    throw new PilotError('modelInvalid', { file, reason: error.message }, { cause: error });
  }
}

async function findFile(given: string): Promise<string> {
  const refuse = (reason: string): never => {
    throw new PilotError('sourceInvalid', { source: given, reason });
  };
  const found = await stat(given).catch(() => refuse('there is no such file or folder'));
  if (found.isFile()) {
    const isKnown = /\.(json|gguf)$/iu.test(given);
    return isKnown ? given : refuse('it is neither a GGUF file nor a config.json');
  }
  // The compiler's converter keeps it in a folder of its own.
  for (const name of ['config.json', 'config/config.json']) {
    const config = path.join(given, name);
    const inside = await stat(config).catch(() => undefined);
    if (inside?.isFile()) return config;
  }
  return refuse('the folder has no config.json');
}
