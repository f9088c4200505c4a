/** A model's dimensions from the header of a GGUF file. */
import { FormatError } from '../formats/fileCursor.ts';
import { fileTypeName } from '../formats/ggmlTypes.ts';
import { readGguf, type GgufHeader } from '../formats/gguf.ts';
import { checkShape, UnsupportedShape } from './checkShape.ts';
import { layerParameters, tableParameters, type ModelShape } from './modelShape.ts';

/** @throws FormatError; UnsupportedShape for an architecture that is not known */
export async function readGgufShape(file: string): Promise<ModelShape> {
  return ggufShape(await readGguf(file));
}

/** Keys: "Standardized key-value pairs" of ggml-org/ggml, docs/gguf.md. */
function ggufShape(header: GgufHeader): ModelShape {
  const { metadata, vocabulary } = header;
  const architecture = String(metadata.get('general.architecture') ?? '');
  return checkShape(architecture, () => {
    const optional = (key: string): number | undefined => {
      const value = metadata.get(`${architecture}.${key}`);
      return typeof value === 'number' && value >= 1 ? value : undefined;
    };
    const number = (key: string): number => {
      const value = optional(key);
      if (value === undefined) throw new FormatError(`it has no ${architecture}.${key}`);
      return value;
    };
    if (optional('expert_count') !== undefined) {
      throw new UnsupportedShape('it is a mixture of experts');
    }
    const heads = number('attention.head_count');
    const hiddenSize = number('embedding_length');
    const shape = {
      layers: number('block_count'),
      hiddenSize,
      innerSize: number('feed_forward_length'),
      heads,
      kvHeads: optional('attention.head_count_kv') ?? heads,
      headSize: optional('attention.key_length') ?? hiddenSize / heads,
      vocabulary: optional('vocab_size') ?? vocabulary,
      contextLength: number('context_length'),
      groupSize: groupSizeOf(metadata.get('general.file_type')),
    };
    return { ...shape, isTied: isTied(header.parameters, shape) };
  });
}

/** Weights that share a scale in the types made of plain blocks. */
function groupSizeOf(fileType: unknown): number | undefined {
  const name = typeof fileType === 'number' ? fileTypeName(fileType) : undefined;
  return name !== undefined && /^Q[458]_[01]$/u.test(name) ? 32 : undefined;
}

/** A tied model has no tensor for its output head, which shows in the number of parameters. */
function isTied(parameters: number, shape: Omit<ModelShape, 'architecture' | 'isTied'>): boolean {
  const whole: ModelShape = { ...shape, architecture: 'llama', isTied: true };
  const rest = parameters - shape.layers * layerParameters(whole);
  return rest < 1.5 * tableParameters(whole);
}
