/** What is to be verified: a model folder, or a bmodel file alone. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { homePaths } from '../client/home.ts';
import { onlyBmodel } from '../models/bmodelFolder.ts';
import { errorCode } from '../models/disk.ts';
import { isSafePath } from '../models/safeName.ts';
import type { ModelStore } from '../models/store.ts';
import { PilotError } from '../protocol/errors.ts';
import { CardQuantization } from '../protocol/prediction.ts';

/** Of a manifest, what matters here: also one of a newer version, or of a folder not in the store. */
const Facts = z.looseObject({
  id: z.string().optional(),
  entry: z.string().refine(isSafePath).optional(),
  location: z.string().optional(),
  files: z
    .array(z.looseObject({ name: z.string(), size: z.number(), sha256: z.string() }))
    .optional(),
  conversion: z
    .looseObject({
      source: z
        .looseObject({
          path: z.string(),
          files: z.array(z.looseObject({ name: z.string(), size: z.number() })).optional(),
        })
        .optional(),
      options: z
        .looseObject({
          quantization: CardQuantization.optional(),
          keepHigh: z.array(z.number().int()).optional(),
        })
        .optional(),
    })
    .optional(),
});

export interface VerifyTarget {
  /** For people: id of the model, or the name of its folder or file. */
  readonly name: string;
  /** Absolute. */
  readonly bmodel: string;
  /** Where the bmodel and the tokenizer are. */
  readonly folder: string;
  readonly reportFile: string;
  /** Of the model folder. */
  readonly manifest: string | undefined;
  /** What the manifest says of the bmodel. */
  readonly file: { readonly size: number; readonly sha256: string } | undefined;
  /** The float model it was made from: a folder or a GGUF file. */
  readonly source: string | undefined;
  /** What was read of it, and how long it was; names are relative to its folder. */
  readonly sourceFiles: readonly { readonly name: string; readonly size: number }[];
  readonly quantization: CardQuantization | undefined;
  /** Layers that are in 16 bits already. */
  readonly keepHigh: readonly number[];
}

const REPORT_FILE = 'verification.json';

/**
 * @param given id or alias of a model of the store, or an absolute path
 * @throws PilotError modelNotFound, modelInvalid, sourceInvalid
 */
export async function findTarget(store: ModelStore, given: string): Promise<VerifyTarget> {
  if (!path.isAbsolute(given)) {
    const { id } = await store.get(given);
    return fromFolder(path.join(homePaths(store.home).models, id));
  }
  const found = await stat(given).catch(() => undefined);
  if (found?.isDirectory()) return fromFolder(given);
  if (found?.isFile()) return fromFile(given);
  const reason = 'there is no such file or folder';
  throw new PilotError('sourceInvalid', { source: given, reason });
}

async function fromFolder(folder: string): Promise<VerifyTarget> {
  const facts = await readFacts(folder);
  const files = facts.location ?? folder;
  const entry = facts.entry ?? (await onlyBmodel(files));
  const listed = facts.files?.find(({ name }) => name === entry);
  return {
    name: facts.id ?? path.basename(folder),
    bmodel: path.join(files, entry),
    folder: files,
    reportFile: path.join(folder, REPORT_FILE),
    manifest: path.join(folder, 'manifest.json'),
    file: listed && { size: listed.size, sha256: listed.sha256 },
    source: facts.conversion?.source?.path,
    sourceFiles: facts.conversion?.source?.files ?? [],
    quantization: facts.conversion?.options?.quantization,
    keepHigh: facts.conversion?.options?.keepHigh ?? [],
  };
}

/** A file of a model folder is that model. */
async function fromFile(file: string): Promise<VerifyTarget> {
  const folder = path.dirname(file);
  const facts = await readFacts(folder).catch(() => undefined);
  if (facts?.entry === path.basename(file)) return fromFolder(folder);
  return {
    name: path.basename(file),
    bmodel: file,
    folder,
    reportFile: `${file.replace(/\.bmodel$/u, '')}.${REPORT_FILE}`,
    manifest: undefined,
    file: undefined,
    source: undefined,
    sourceFiles: [],
    quantization: undefined,
    keepHigh: [],
  };
}

async function readFacts(folder: string): Promise<z.infer<typeof Facts>> {
  const file = path.join(folder, 'manifest.json');
  try {
    return Facts.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return {};
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : 'it is not JSON';
    throw new PilotError('modelInvalid', { file, reason }, { cause });
  }
}
