/** The dimensions of a dense transformer, which decide what it costs. */

export const architectures = ['qwen3', 'qwen2', 'llama'] as const;
export type Architecture = (typeof architectures)[number];

export interface ModelShape {
  readonly architecture: Architecture;
  readonly layers: number;
  readonly hiddenSize: number;
  /** Width of the feed-forward part. */
  readonly innerSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
  /** Tokens the model was trained for. */
  readonly contextLength: number;
  /** True when the output head is the embedding again. */
  readonly isTied: boolean;
  /** Of weights that are quantized already, which the compiler keeps. */
  readonly groupSize?: number | undefined;
}

/** Elements of each matrix of one layer: query, key, value, output, and three feed-forward. */
export function layerMatrices(shape: ModelShape): number[] {
  const { hiddenSize, innerSize } = shape;
  const widths = [queryWidth(shape), kvWidth(shape), kvWidth(shape), queryWidth(shape)];
  return [...widths, innerSize, innerSize, innerSize].map((width) => hiddenSize * width);
}

/** Elements of all of them; the vectors beside them are under 0.1 % of that. */
export function layerParameters(shape: ModelShape): number {
  return layerMatrices(shape).reduce((sum, elements) => sum + elements, 0);
}

export function tableParameters({ hiddenSize, vocabulary }: ModelShape): number {
  return hiddenSize * vocabulary;
}

/** Of the whole model, without the vectors. */
export function parameters(shape: ModelShape): number {
  const tables = shape.isTied ? 1 : 2;
  return shape.layers * layerParameters(shape) + tables * tableParameters(shape);
}

export function queryWidth({ heads, headSize }: ModelShape): number {
  return heads * headSize;
}

export function kvWidth({ kvHeads, headSize }: ModelShape): number {
  return kvHeads * headSize;
}
