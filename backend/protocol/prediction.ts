/** What a model will need and do on a BM1684X, computed before anything is compiled. */
import * as z from 'zod';

/** Bounds around the expected value. */
export const Range = z.object({ low: z.number(), expected: z.number(), high: z.number() });
export type Range = z.infer<typeof Range>;

/** Weights and arithmetic, as the compiler names them: `w4bf16` has 4-bit weights, 16-bit math. */
export const CardQuantization = z.enum(['w8bf16', 'w8f16', 'w4bf16', 'w4f16', 'bf16', 'f16']);
export type CardQuantization = z.infer<typeof CardQuantization>;

/** `compiled`: by the vendor's compiler, whose schedule it is. `estimated`: by formula. */
const FigureMethod = z.enum(['compiled', 'estimated']);
export type FigureMethod = z.infer<typeof FigureMethod>;

export const MemoryPart = z.object({
  name: z.enum([
    'layers',
    'embedding',
    'outputHead',
    'kvCache',
    'activations',
    'instructions',
    'kernel',
  ]),
  bytes: Range,
  method: FigureMethod,
});
export type MemoryPart = z.infer<typeof MemoryPart>;

/** Bytes, milliseconds and tokens. */
export const Prediction = z.object({
  model: z.object({
    architecture: z.string(),
    layers: z.number().int(),
    hiddenSize: z.number().int(),
    parameters: z.number(),
    contextLength: z.number().int(),
  }),
  build: z.object({
    quantization: CardQuantization,
    /** Weights that share a scale; absent for 16-bit weights. */
    groupSize: z.number().int().optional(),
    isSymmetric: z.boolean(),
    sequenceLength: z.number().int(),
    /** Tokens that go through the network at once. */
    chunkLength: z.number().int(),
    prefill: z.enum(['static', 'dynamic']),
    /** Whether a prompt may have several chunks. */
    hasPrefixReuse: z.boolean(),
    slots: z.number().int(),
    isEmbeddingOnDisk: z.boolean(),
    /** Chips that share one copy of the weights. */
    devices: z.number().int(),
    /** Layers whose weights stay in 16 bits. */
    highLayers: z.number().int(),
  }),
  memory: z.object({
    parts: z.array(MemoryPart),
    total: Range,
    kvBytesPerToken: z.number(),
    heaps: z.array(z.object({ name: z.string(), bytes: z.number(), usedBytes: z.number() })),
    /** `tight`: what is expected fits, the upper bound does not. */
    fit: z.enum(['yes', 'tight', 'no']),
    /** The longest sequence length that fits with everything else as it is; absent for none. */
    longestSequence: z.number().int().optional(),
    /** Each of these alone would make it fit. Empty when it does. */
    remedies: z.array(z.string()),
  }),
  firstToken: z.array(
    z.object({
      promptTokens: z.number().int(),
      clockMHz: z.number(),
      milliseconds: Range,
      method: FigureMethod,
    }),
  ),
  decode: z.array(
    z.object({
      /** Tokens of KV cache that every step reads, for each slot. */
      kvLength: z.number().int(),
      clockMHz: z.number(),
      stepMilliseconds: Range,
      /** Of all slots together. */
      tokensPerSecond: Range,
      /** Bytes a step moves, as a share of what 64 GB/s would move in its expected time. */
      memoryShare: z.number(),
      method: FigureMethod,
    }),
  ),
  /** The compiler that figures are from; absent when all are estimated. */
  compiler: z.string().optional(),
  /** What the figures rest on and leave out, in sentences. */
  assumptions: z.array(z.string()),
});
export type Prediction = z.infer<typeof Prediction>;
