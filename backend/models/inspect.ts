/** What a model's files are, once it is certain that they are whole. */
import path from 'node:path';
import { PilotError } from '../protocol/errors.ts';
import { FormatError } from '../formats/fileCursor.ts';
import { readGgufFacts } from './ggufFacts.ts';
import type { Manifest, ModelFacts } from './manifest.ts';
import { readSafetensorsFacts } from './safetensors.ts';

/** The part of a manifest that the files decide. */
export type Inspected = ModelFacts & Pick<Manifest, 'format' | 'entry'>;

/**
 * @param files relative paths in the folder: one GGUF file, or those of a safetensors model.
 * @throws PilotError modelInvalid
 */
export async function inspectModel(folder: string, files: readonly string[]): Promise<Inspected> {
  const [first] = files;
  const isFolder = files.some((file) => file.endsWith('.safetensors'));
  try {
    if (isFolder) return { format: 'safetensors', ...(await readSafetensorsFacts(folder, files)) };
    if (first === undefined) throw new FormatError('it has no files');
    const facts = await readGgufFacts(path.join(folder, ...first.split('/')));
    return { format: 'gguf', entry: first, ...facts };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const file = isFolder || first === undefined ? folder : path.basename(first);
    throw new PilotError('modelInvalid', { file, reason: error.message }, { cause: error });
  }
}
