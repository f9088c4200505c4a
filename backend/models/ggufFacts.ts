/** What the store tells about a GGUF model, from the file's own metadata. */
import { FormatError } from '../formats/fileCursor.ts';
import { fileTypeName } from '../formats/ggmlTypes.ts';
import { readGguf, type GgufHeader } from '../formats/gguf.ts';
import type { ModelFacts } from './manifest.ts';
import { toPlainText } from '../formats/plainText.ts';

/**
 * Prefix, suffix and middle tokens of the model families that llama.cpp knows: Qwen, Granite and
 * StarCoder 2, StarCoder, DeepSeek, CodeLlama in two spellings, GLM.
 */
const fillInFamilies: readonly (readonly string[])[] = [
  ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>'],
  ['<fim_prefix>', '<fim_suffix>', '<fim_middle>'],
  ['<fim-prefix>', '<fim-suffix>', '<fim-middle>'],
  ['<｜fim▁begin｜>', '<｜fim▁hole｜>', '<｜fim▁end｜>'],
  ['▁<PRE>', '▁<SUF>', '▁<MID>'],
  ['<PRE>', '<SUF>', '<MID>'],
  ['<|code_prefix|>', '<|code_suffix|>', '<|code_middle|>'],
];

/** Metadata keys that name the three tokens by id: today's, and those of older files. */
const fillInKeys: readonly (readonly string[])[] = [
  ['fim_pre_token_id', 'fim_suf_token_id', 'fim_mid_token_id'],
  ['prefix_token_id', 'suffix_token_id', 'middle_token_id'],
];

/** @throws FormatError when it is no GGUF file, not a whole one, or not a language model. */
export async function readGgufFacts(path: string): Promise<ModelFacts> {
  const header = await readGguf(path, new Set(fillInFamilies.flat()));
  const text = (key: string): string | undefined => {
    const value = header.metadata.get(key);
    return typeof value === 'string' && value !== '' ? toPlainText(value) : undefined;
  };
  const number = (key: string): number | undefined => {
    const value = header.metadata.get(key);
    return typeof value === 'number' ? value : undefined;
  };

  const architecture = text('general.architecture');
  if (architecture === undefined) throw new FormatError('it names no architecture');
  const type = text('general.type');
  // A projector for images has the architecture "clip", whatever its type says.
  if ((type !== undefined && type !== 'model') || architecture === 'clip') {
    throw new FormatError(`it is a part for other models (${type ?? architecture})`);
  }
  const parts = number('split.count') ?? 1;
  if (parts > 1) {
    throw new FormatError(`it is one of ${parts} parts: join them with llama-gguf-split --merge`);
  }
  const fileType = number('general.file_type');
  return {
    architecture,
    displayName: text('general.name'),
    quantization: fileType === undefined ? undefined : fileTypeName(fileType),
    parameters: header.parameters,
    contextLength: number(`${architecture}.context_length`),
    hasChatTemplate: text('tokenizer.chat_template') !== undefined,
    hasFillIn: hasFillIn(header),
  };
}

function hasFillIn({ metadata, markers }: GgufHeader): boolean {
  return (
    fillInKeys.some((keys) => keys.every((key) => metadata.has(`tokenizer.ggml.${key}`))) ||
    fillInFamilies.some((family) => family.every((token) => markers.has(token)))
  );
}
