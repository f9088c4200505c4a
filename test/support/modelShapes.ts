/** Dimensions of published models, from the config.json of each. */
import type { Architecture, ModelShape } from '../../backend/prediction/modelShape.ts';

type Numbers = readonly [
  layers: number,
  hiddenSize: number,
  innerSize: number,
  heads: number,
  kvHeads: number,
  vocabulary: number,
];

function shape(
  architecture: Architecture,
  [layers, hiddenSize, innerSize, heads, kvHeads, vocabulary]: Numbers,
  isTied: boolean,
): ModelShape {
  const sizes = { layers, hiddenSize, innerSize, heads, kvHeads, headSize: 128, vocabulary };
  return { architecture, ...sizes, contextLength: 32_768, isTied };
}

export const shapes = {
  'Qwen3-1.7B': shape('qwen3', [28, 2048, 6144, 16, 8, 151_936], true),
  'Qwen3-4B': shape('qwen3', [36, 2560, 9728, 32, 8, 151_936], true),
  'Qwen3-8B': shape('qwen3', [36, 4096, 12_288, 32, 8, 151_936], false),
  'Qwen3-32B': shape('qwen3', [64, 5120, 25_600, 64, 8, 151_936], false),
  'Qwen2.5-1.5B': shape('qwen2', [28, 1536, 8960, 12, 2, 151_936], true),
  'Qwen2.5-7B': shape('qwen2', [28, 3584, 18_944, 28, 4, 152_064], false),
  'Qwen2.5-14B': shape('qwen2', [48, 5120, 13_824, 40, 8, 152_064], false),
  // Not architectures of ours, but llama's dimensions.
  'Qwen-7B': shape('llama', [32, 4096, 11_008, 32, 32, 151_936], false),
  'Baichuan2-7B': shape('llama', [32, 4096, 11_008, 32, 32, 125_696], false),
} as const satisfies Record<string, ModelShape>;

/** Hugging Face's config.json of one of them. */
export function configOf(name: keyof typeof shapes): Record<string, unknown> {
  const { architecture, ...sizes } = shapes[name];
  return {
    model_type: architecture,
    hidden_size: sizes.hiddenSize,
    intermediate_size: sizes.innerSize,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    num_key_value_heads: sizes.kvHeads,
    head_dim: sizes.headSize,
    vocab_size: sizes.vocabulary,
    max_position_embeddings: sizes.contextLength,
    tie_word_embeddings: sizes.isTied,
  };
}
