/** `convert/*`: a Hugging Face folder or a GGUF file becomes a model folder for the BM1684X. */
import * as z from 'zod';
import { ModelAlias } from './models.ts';
import { CardQuantization, Prediction } from './prediction.ts';

const Tokens = z.number().int().min(1).max(1_000_000);

/** What the compiler is asked for. A length that is absent follows from the model. */
export const ConversionOptions = z.object({
  quantization: CardQuantization.default('w8bf16'),
  /** Weights that share a scale; the model's own, or 64, when absent. */
  groupSize: Tokens.optional(),
  isSymmetric: z.boolean().default(false),
  /** The longest conversation. */
  sequenceLength: Tokens.optional(),
  /** The longest prompt; only without prefix reuse. */
  maxInputLength: Tokens.optional(),
  /** Tokens of a prompt that are computed at once; at most half of the sequence length. */
  chunkLength: Tokens.optional(),
  prefill: z.enum(['static', 'dynamic']).default('dynamic'),
  /** Keep the KV cache of what a prompt shares with the one before. */
  hasPrefixReuse: z.boolean().default(true),
  /** `logits` can be sampled; `token` is the likeliest one, chosen on the chip. */
  head: z.enum(['logits', 'token']).default('logits'),
  isEmbeddingOnDisk: z.boolean().default(false),
  /** Chips that share one copy of the weights. */
  devices: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(8)]).default(1),
  /** Layers whose weights stay in 16 bits, from 0. */
  keepHigh: z.array(z.number().int().min(0).max(1023)).max(1024).default([]),
  /** Sequences that decode at once. */
  slots: z.number().int().min(1).max(32).default(1),
  target: z.literal('bm1684x').default('bm1684x'),
});
export type ConversionOptions = z.infer<typeof ConversionOptions>;

export const ConvertParams = z.object({
  /** Absolute path of a Hugging Face folder or a GGUF file, or a model of the store. */
  source: z.string().min(1).max(4096),
  /** Absolute path of the folder to make; in the store when absent. */
  out: z.string().min(1).max(4096).optional(),
  alias: ModelAlias.optional(),
  options: ConversionOptions.prefault({}),
});
export type ConvertParams = z.infer<typeof ConvertParams>;

const Need = z.object({ neededBytes: z.number(), freeBytes: z.number() });

/** What a conversion would do, before it starts. */
export const ConversionPlan = z.object({
  source: z.object({
    path: z.string(),
    format: z.enum(['huggingFace', 'gguf']),
    architecture: z.string(),
    layers: z.number().int(),
  }),
  /** With every default filled in. */
  options: ConversionOptions,
  prediction: Prediction,
  disk: Need,
  memory: Need,
  /** Nets that are compiled one after the other. */
  subModels: z.number().int(),
  /** Each stands in the way of the conversion. */
  problems: z.array(z.object({ code: z.number(), message: z.string(), remedy: z.string() })),
});
export type ConversionPlan = z.infer<typeof ConversionPlan>;
