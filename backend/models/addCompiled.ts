/** `model add` of a compiled model: a converted folder, or a bmodel of another maker's. */
import { copyFile, readdir, readFile, realpath, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { isBmodel } from '../formats/isBmodel.ts';
import type { Bmodel } from '../formats/bmodel.ts';
import { FormatError } from '../formats/fileCursor.ts';
import { PilotError } from '../protocol/errors.ts';
import type { AddParams, ModelInfo } from '../protocol/models.ts';
import { inspectOneChip, kvLengthOf, MODEL_FILE, onlyBmodel } from './bmodelFolder.ts';
import { errorCode } from './disk.ts';
import { damaged, requireSize, requireSum } from './listedFile.ts';
import { readFolderManifest, type ModelFacts } from './manifest.ts';
import type { PullListener } from './pullContext.ts';
import { existingReference, hashFiles, installReference } from './reference.ts';
import { isCompanion } from './companions.ts';
import { readConfigFacts } from './safetensors.ts';
import { showSource, sourceDigest, type PathSource } from './source.ts';
import type { ModelStore } from './store.ts';

export interface CompiledModel {
  /** Absolute, with links resolved. */
  readonly file: string;
  /** It lies in the folder of a conversion. */
  readonly isConverted: boolean;
}

/** Texts are small; what is larger is something else under such a name. Bytes. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/**
 * Undefined when there is no bmodel at that path.
 * @throws PilotError modelInvalid for a folder with several
 */
export async function findCompiled(given: string): Promise<CompiledModel | undefined> {
  if (!(await isBmodel(given).catch(() => false)) && !given.endsWith('.bmodel')) return undefined;
  const target = await realpath(given).catch(() => undefined);
  if (target === undefined) return undefined;
  const isFolder = (await stat(target)).isDirectory();
  const folder = isFolder ? target : path.dirname(target);
  const manifest = await readFolderManifest(folder);
  const name = isFolder ? await onlyBmodel(folder) : path.basename(target);
  const isConverted = manifest?.files.some((file) => file.name === name) ?? false;
  return { file: path.join(folder, name), isConverted };
}

/** @throws PilotError wrongChip, unsupportedModel, modelInvalid, modelDamaged, modelExists, cancelled */
export async function addCompiled(
  store: ModelStore,
  { file, isConverted }: CompiledModel,
  params: AddParams,
  listener: PullListener,
  signal: AbortSignal,
): Promise<ModelInfo> {
  const bmodel = await inspectOneChip(file);
  if (isConverted && params.tokenizer === undefined) {
    return addConverted(store, path.dirname(file), params, listener, signal);
  }
  return addForeign(store, file, bmodel, params, listener, signal);
}

/** The folder has all that is to be known; its files must be those it says. */
async function addConverted(
  store: ModelStore,
  folder: string,
  { alias }: AddParams,
  listener: PullListener,
  signal: AbortSignal,
): Promise<ModelInfo> {
  const draft = await readFolderManifest(folder);
  if (!draft) throw new PilotError('modelInvalid', { file: folder, reason: 'it has no manifest' });
  const source: PathSource = { kind: 'path', path: folder };
  const digest = sourceDigest(source, 'add');
  const existing = await existingReference(store, source, digest, alias, listener);
  if (existing) return existing;
  for (const listed of draft.files) {
    const file = path.join(folder, listed.name);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) throw damaged(file, 'it is gone');
    requireSize(file, found.size, listed);
  }
  const files = await hashFiles(folder, draft.files, listener, signal);
  const sums = new Map(files.map(({ name, sha256 }) => [name, sha256]));
  for (const listed of draft.files) {
    requireSum(path.join(folder, listed.name), sums.get(listed.name), listed);
  }
  const name = path.basename(folder);
  return installReference(store, digest, { name, alias }, signal, () =>
    Promise.resolve({ ...draft, sourceDigest: digest, location: folder }),
  );
}

/** The texts are copied, so that the folder is as a conversion makes it; the bmodel is linked. */
async function addForeign(
  store: ModelStore,
  file: string,
  bmodel: Bmodel,
  { alias, tokenizer = path.dirname(file) }: AddParams,
  listener: PullListener,
  signal: AbortSignal,
): Promise<ModelInfo> {
  const source: PathSource = { kind: 'path', path: file };
  const texts = await findTexts(tokenizer);
  const digest = sourceDigest(source, 'add');
  const existing = await existingReference(store, source, digest, alias, listener);
  if (existing) return existing;
  const { size } = await stat(file);
  const [hashed] = await hashFiles(
    path.dirname(file),
    [{ name: path.basename(file), size }],
    listener,
    signal,
  );
  const base = path.basename(file).replace(/\.bmodel$/iu, '');
  const facts = await factsOf(
    tokenizer,
    texts.map(({ name }) => name),
    bmodel,
  );
  return installReference(store, digest, { name: base, alias }, signal, async (folder) => {
    for (const { name } of texts)
      await copyFile(path.join(tokenizer, name), path.join(folder, name));
    await symlink(file, path.join(folder, MODEL_FILE));
    const copied = await hashFiles(folder, texts, listener, signal);
    return {
      format: 'bmodel',
      displayName: base,
      ...facts,
      source: showSource(source),
      sourceDigest: digest,
      files: [...copied, ...(hashed ? [{ ...hashed, name: MODEL_FILE }] : [])],
    };
  });
}

async function findTexts(folder: string): Promise<{ name: string; size: number }[]> {
  const refuse = (reason: string): never => {
    throw new PilotError('sourceInvalid', { source: folder, reason });
  };
  const names = await readdir(folder).catch((error: unknown) =>
    refuse(`it cannot be read (${errorCode(error) ?? String(error)})`),
  );
  if (!names.includes('tokenizer.json')) {
    refuse('it has no tokenizer.json; name the folder that has it with --tokenizer');
  }
  const texts = [];
  for (const name of names.filter(isCompanion).sort()) {
    const { size } = await stat(path.join(folder, name));
    if (size > MAX_TEXT_BYTES) refuse(`${name} has ${size} bytes`);
    texts.push({ name, size });
  }
  return texts;
}

async function factsOf(
  folder: string,
  names: readonly string[],
  { nets }: Bmodel,
): Promise<Partial<ModelFacts> & Pick<ModelFacts, 'hasChatTemplate' | 'hasFillIn'>> {
  await requireJson(path.join(folder, 'tokenizer.json'));
  try {
    const facts = await readConfigFacts(folder, names);
    const lengths = nets
      .filter(({ name }) => name.startsWith('block_cache_'))
      .flatMap(({ stages }) => stages.map(({ inputs }) => kvLengthOf(inputs)));
    const contextLength = Math.max(0, ...lengths);
    return { ...facts, ...(contextLength > 0 && { contextLength }) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new PilotError('modelInvalid', { file: folder, reason: error.message }, { cause: error });
  }
}

async function requireJson(file: string): Promise<void> {
  try {
    JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new PilotError('modelInvalid', { file, reason: 'it is not JSON' }, { cause });
  }
}
