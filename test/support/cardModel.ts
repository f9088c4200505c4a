/** Small random models, converted by the real compiler, each once for the machine. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { convert } from '../../backend/conversion/convert.ts';
import { defaultConversionEdges } from '../../backend/jobs/convertJob.ts';
import { ModelStore } from '../../backend/models/store.ts';
import { ConvertParams } from '../../backend/protocol/conversion.ts';
import { cacheFolder } from './cacheFolder.ts';
import { linkToolchain } from './linkToolchain.ts';
import { makeTinyModel, type TinyModelOptions } from './tinyModel.ts';

export interface CardModelBuild {
  readonly model: TinyModelOptions;
  /** Of `ConvertParams`, all but the source. */
  readonly convert: Readonly<Record<string, unknown>>;
}

export interface BuiltCardModel {
  /** With model.bmodel, tokenizer and manifest. */
  readonly folder: string;
  /** The float model it was made of. */
  readonly source: string;
}

/** Of one layer: a token takes some tenths of a second on the emulator. */
export const smallestModel: TinyModelOptions = {
  ...{ layers: 1, hiddenSize: 64, innerSize: 64, heads: 2, kvHeads: 1, headSize: 32 },
  // Clear choices: with weights as at the start of a training all logits are alike.
  spread: 0.3,
};

/**
 * Of one layer, too, for comparisons with PyTorch. Quantization leaves its weights as they are, and
 * with larger ones attention is so sharp that rounding decides whom it goes to.
 */
export const clearModel: TinyModelOptions = {
  ...{ ...smallestModel, isOnGrid: true, isTied: false, spread: 0.15 },
};

/** Of two layers, with a history: 64 tokens, of which 16 are computed at once. */
export const clearBuild: CardModelBuild = {
  model: { ...clearModel, layers: 2 },
  convert: { options: { quantization: 'w8bf16', sequenceLength: 64, chunkLength: 16 } },
};

/** To be raised when what a build means changes. */
const REVISION = 1;

/** Takes 10 s for a model of one layer when it is not in the cache. */
export async function cardModel(build: CardModelBuild): Promise<BuiltCardModel> {
  const key = JSON.stringify([REVISION, build]);
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const parent = path.join(cacheFolder(), 'card-models');
  const kept = path.join(parent, digest);
  if (!existsSync(kept)) {
    await mkdir(parent, { recursive: true });
    const work = await mkdtemp(path.join(parent, 'work-'));
    try {
      await make(build, work);
      await rename(work, kept);
    } catch (error) {
      await rm(work, { recursive: true, force: true });
      throw error;
    }
  }
  return { folder: path.join(kept, 'model'), source: path.join(kept, 'source') };
}

async function make(build: CardModelBuild, work: string): Promise<void> {
  const home = path.join(work, 'home');
  const source = path.join(work, 'source');
  await mkdir(home);
  await linkToolchain(home);
  await makeTinyModel(source, build.model);
  const log: string[] = [];
  const listener = {
    onProgress: () => undefined,
    onNotice: (text: string) => log.push(text),
    log: (line: string) => log.push(line),
  };
  const params = ConvertParams.parse({ source, out: path.join(work, 'model'), ...build.convert });
  const edges = defaultConversionEdges(process.env);
  const { signal } = new AbortController();
  await convert(new ModelStore(home), params, listener, signal, edges).catch((error: unknown) => {
    throw new Error(`The model could not be converted.\n${log.slice(-30).join('\n')}`, {
      cause: error,
    });
  });
  await rm(home, { recursive: true, force: true });
}
