/**
 * Hugging Face model folders: safetensors weights and JSON beside them. The card's compiler takes
 * them; the store checks them and tells what they are.
 * Weights: https://github.com/huggingface/safetensors, "Format".
 */
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { FileCursor, FormatError } from '../formats/fileCursor.ts';
import type { ModelFacts } from './manifest.ts';
import { toPlainText } from '../formats/plainText.ts';

/** The format's own limit for the header. */
const MAX_HEADER_BYTES = 100_000_000;

const Header = z.record(
  z.string(),
  z.union([
    z.object({
      dtype: z.string(),
      shape: z.array(z.number().int().min(0)),
      data_offsets: z.tuple([z.number().int().min(0), z.number().int().min(0)]),
    }),
    z.record(z.string(), z.string()),
  ]),
);
const PlainText = z.string().transform((text) => toPlainText(text));
const Config = z.looseObject({
  model_type: PlainText,
  max_position_embeddings: z.number().int().optional(),
  torch_dtype: PlainText.optional(),
});
const TokenizerConfig = z.looseObject({
  chat_template: z.unknown(),
  added_tokens_decoder: z
    .record(z.string(), z.looseObject({ content: z.string() }))
    .optional()
    .catch(undefined),
});
const WeightIndex = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** @throws FormatError when a part is missing, cut short, or not of its format. */
export async function readSafetensorsFacts(
  folder: string,
  files: readonly string[],
): Promise<ModelFacts> {
  const config = await readJson(path.join(folder, 'config.json'), Config);
  const weights = files.filter((file) => file.endsWith('.safetensors'));
  if (weights.length === 0) throw new FormatError('it has no safetensors files');
  const index = files.includes('model.safetensors.index.json')
    ? await readJson(path.join(folder, 'model.safetensors.index.json'), WeightIndex)
    : undefined;
  const missing = Object.values(index?.weight_map ?? {}).find((file) => !weights.includes(file));
  if (missing !== undefined) throw new FormatError(`${missing} is missing`);

  let parameters = 0;
  for (const file of weights) parameters += await countParameters(path.join(folder, file));
  return {
    architecture: config.model_type,
    // The class that runs it is no name: the model's id says more.
    displayName: undefined,
    quantization: config.torch_dtype,
    parameters,
    contextLength: config.max_position_embeddings,
    ...(await readTokenizerFacts(folder, files)),
  };
}

/**
 * What is known of a model by the texts beside its weights alone.
 * @throws FormatError when one that is there is not of its format
 */
export async function readConfigFacts(
  folder: string,
  files: readonly string[],
): Promise<Pick<ModelFacts, 'architecture' | 'hasChatTemplate' | 'hasFillIn'>> {
  const config = files.includes('config.json')
    ? await readJson(path.join(folder, 'config.json'), Config)
    : undefined;
  return { architecture: config?.model_type, ...(await readTokenizerFacts(folder, files)) };
}

async function readTokenizerFacts(
  folder: string,
  files: readonly string[],
): Promise<Pick<ModelFacts, 'hasChatTemplate' | 'hasFillIn'>> {
  const tokenizer = files.includes('tokenizer_config.json')
    ? await readJson(path.join(folder, 'tokenizer_config.json'), TokenizerConfig)
    : undefined;
  const added = Object.values(tokenizer?.added_tokens_decoder ?? {}).map((token) => token.content);
  return {
    hasChatTemplate:
      tokenizer?.chat_template !== undefined || files.includes('chat_template.jinja'),
    hasFillIn: added.some((token) => /fim[_▁-]?(middle|end)/u.test(token)),
  };
}

/** Elements of the tensors of one file. @throws FormatError when its data is not all there. */
async function countParameters(file: string): Promise<number> {
  const name = path.basename(file);
  const handle = await open(file, 'r');
  try {
    const cursor = new FileCursor(handle, (await handle.stat()).size);
    await cursor.fill(8);
    const length = cursor.u64();
    if (length > MAX_HEADER_BYTES) throw new FormatError(`the header of ${name} is too large`);
    await cursor.fill(length);
    const header = parseJson(cursor.bytes(length).toString('utf8'), Header, name);
    let parameters = 0;
    let end = 0;
    for (const tensor of Object.values(header)) {
      if (!isTensor(tensor)) continue;
      parameters += tensor.shape.reduce((product, n) => product * n, 1);
      end = Math.max(end, tensor.data_offsets[1]);
    }
    if (end > cursor.remaining) {
      throw new FormatError(`${name} lacks ${end - cursor.remaining} bytes at its end`);
    }
    return parameters;
  } finally {
    await handle.close();
  }
}

type HeaderEntry = z.infer<typeof Header>[string];

function isTensor(entry: HeaderEntry): entry is Extract<HeaderEntry, { shape: number[] }> {
  return Array.isArray(entry.shape);
}

async function readJson<S extends z.ZodType>(file: string, schema: S): Promise<z.output<S>> {
  const name = path.basename(file);
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw new FormatError(`${name} cannot be read`);
  }
  return parseJson(text, schema, name);
}

function parseJson<S extends z.ZodType>(text: string, schema: S, name: string): z.output<S> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FormatError(`${name} is not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new FormatError(`${name}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
