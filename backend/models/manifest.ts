/** `models/<id>/manifest.json`: what the store knows of a model. A folder without one is no model. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import { ConversionOptions } from '../protocol/conversion.ts';
import { ModelAlias, ModelInfo } from '../protocol/models.ts';
import { Prediction } from '../protocol/prediction.ts';
import { isSafePath } from './safeName.ts';

const MANIFEST_FILE = 'manifest.json';

const SafePath = z.string().refine(isSafePath, 'not a path inside the model’s folder');

const StoredFiles = z.array(
  z.object({
    name: SafePath,
    size: z.number().int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** How a bmodel came to be. */
const Conversion = z.object({
  source: z.object({
    /** Absolute: a Hugging Face folder, or a GGUF file. */
    path: z.string(),
    format: z.enum(['huggingFace', 'gguf']),
    files: StoredFiles,
  }),
  /** With every default filled in. */
  options: ConversionOptions,
  /** Of the compiler's programs. */
  versions: z.array(z.object({ name: z.string(), version: z.string() })),
  prediction: Prediction,
  convertedAt: z.string(),
});

/** The last verification; all of it is in `verification.json` beside the model's files. */
const VerificationSummary = z.object({
  passed: z.boolean(),
  on: z.enum(['emulator', 'card']),
  threshold: z.number(),
  createdAt: z.string(),
});

export const Manifest = ModelInfo.omit({ path: true, loaded: true, verified: true }).extend({
  manifestVersion: z.literal(1),
  aliases: z.array(ModelAlias),
  files: StoredFiles,
  /** The file to load; absent when it is the folder. */
  entry: SafePath.optional(),
  /** Absolute folder of the files, when they are not beside the manifest. */
  location: z.string().optional(),
  /** sha256 of the full source, which may hold a secret in a URL; `source` shows it without. */
  sourceDigest: z.string(),
  conversion: Conversion.optional(),
  verification: VerificationSummary.optional(),
});
export type Manifest = z.infer<typeof Manifest>;

/** What a model's own files say of it. */
export type ModelFacts = Pick<
  ModelInfo,
  | 'architecture'
  | 'displayName'
  | 'quantization'
  | 'parameters'
  | 'contextLength'
  | 'hasChatTemplate'
  | 'hasFillIn'
>;

/** @throws Error saying what is wrong with it; ENOENT when the folder has none. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(path.join(folder, MANIFEST_FILE), 'utf8');
  const parsed = Manifest.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}

/** What a model folder outside of the store says of itself: without the names it had in a store. */
const FolderManifest = Manifest.omit({ id: true, aliases: true, addedAt: true, location: true });
type FolderManifest = z.infer<typeof FolderManifest>;

/** Undefined when the folder has none, or none of a compiled model. */
export async function readFolderManifest(folder: string): Promise<FolderManifest | undefined> {
  try {
    const text = await readFile(path.join(folder, MANIFEST_FILE), 'utf8');
    const manifest = FolderManifest.parse(JSON.parse(text));
    return manifest.format === 'bmodel' ? manifest : undefined;
  } catch {
    return undefined;
  }
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = JSON.stringify(manifest, null, 2) + '\n';
  await writeFileAtomic(path.join(folder, MANIFEST_FILE), text);
}

/** Folder of the model's files. */
export function filesFolder(folder: string, manifest: Manifest): string {
  return manifest.location ?? folder;
}

export function toModelInfo(folder: string, manifest: Manifest): ModelInfo {
  const files = filesFolder(folder, manifest);
  const entry = manifest.entry?.split('/') ?? [];
  return ModelInfo.parse({
    ...manifest,
    path: path.join(files, ...entry),
    ...(manifest.format === 'bmodel' && { verified: manifest.verification?.passed ?? false }),
  });
}
