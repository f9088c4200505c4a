/** A model's dimensions from the `config.json` of a Hugging Face folder. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { FormatError } from '../formats/fileCursor.ts';
import { checkShape } from './checkShape.ts';
import type { ModelShape } from './modelShape.ts';

const Size = z.number().int().min(1);

/** Keys and defaults: `configuration_*.py` of each architecture in huggingface/transformers. */
const Config = z.looseObject({
  model_type: z.string(),
  hidden_size: Size,
  intermediate_size: Size,
  num_hidden_layers: Size,
  num_attention_heads: Size,
  num_key_value_heads: Size.nullish(),
  head_dim: Size.nullish(),
  vocab_size: Size,
  max_position_embeddings: Size,
  tie_word_embeddings: z.boolean().default(false),
});

/** What Qwen3 has whatever its hidden size. */
const QWEN3_HEAD_SIZE = 128;

/**
 * @param file path of a config.json
 * @throws FormatError when it is none; UnsupportedShape for an architecture that is not known
 */
export async function readConfigShape(file: string): Promise<ModelShape> {
  const name = path.basename(file);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new FormatError(`${name} is not JSON`);
    throw new FormatError(`${name} cannot be read`);
  }
  const type = z.looseObject({ model_type: z.string() }).safeParse(json).data?.model_type;
  if (type === undefined) throw new FormatError(`${name} names no model_type`);
  return checkShape(type, () => {
    const parsed = Config.safeParse(json);
    if (!parsed.success) throw new FormatError(`${name}: ${z.prettifyError(parsed.error)}`);
    const config = parsed.data;
    const heads = config.num_attention_heads;
    const headSize = type === 'qwen3' ? QWEN3_HEAD_SIZE : config.hidden_size / heads;
    return {
      layers: config.num_hidden_layers,
      hiddenSize: config.hidden_size,
      innerSize: config.intermediate_size,
      heads,
      kvHeads: config.num_key_value_heads ?? heads,
      headSize: config.head_dim ?? headSize,
      vocabulary: config.vocab_size,
      contextLength: config.max_position_embeddings,
      isTied: config.tie_word_embeddings,
    };
  });
}
