/** `verify/*`: a converted model against its float reference. */
import * as z from 'zod';

const Threshold = z.number().min(0).max(1);

/** A model of the store, or the absolute path of what was verified. */
export const VerifiedModel = z.object({ model: z.string().min(1).max(4096) });

export const VerifyParams = z.object({
  /** A model of the store, or the absolute path of a model folder or a bmodel file. */
  model: z.string().min(1).max(4096),
  /** Cosine similarity that every tensor must reach. */
  threshold: Threshold.default(0.98),
  on: z.enum(['emulator', 'card']).default('emulator'),
  /** Absolute paths of the user's own input and expected output, .npz or raw .bin. */
  input: z.string().max(4096).optional(),
  reference: z.string().max(4096).optional(),
  /** The net that they are of; when absent the only one, or a language model as a whole. */
  net: z.string().max(256).optional(),
  /** Absolute path of the float model; when absent, what the manifest says it was made from. */
  source: z.string().max(4096).optional(),
  /** Only these layers, from 0; all of them when absent. */
  layers: z.array(z.number().int().min(0).max(1023)).max(1024).optional(),
});
export type VerifyParams = z.infer<typeof VerifyParams>;

/** Of one tensor's values, for people who look for outliers. */
export const Distribution = z.object({
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  standardDeviation: z.number(),
  /** Counts of equally wide bins from `min` to `max`. */
  histogram: z.array(z.number().int()),
  /** Channels (indices of the last axis) whose largest value stands far above the others. */
  outliers: z.array(
    z.object({
      channel: z.number().int(),
      /** Largest absolute value. */
      peak: z.number(),
      /** That, over the median of all channels' peaks. */
      ratio: z.number(),
    }),
  ),
});
export type Distribution = z.infer<typeof Distribution>;

/** One output of one sub-model against the float model. */
export const TensorComparison = z.object({
  name: z.string(),
  shape: z.array(z.number().int()),
  /** Of integers, such as token ids: the share that is equal, as `euclidean`. */
  cosine: z.number(),
  /** 1 - |a - b| / |(a + b) / 2|, which sees a wrong scale where the cosine does not. */
  euclidean: z.number(),
  /** In dB; absent when there is no error at all. */
  sqnr: z.number().optional(),
  largestError: z.number(),
  nanCount: z.number().int(),
  infCount: z.number().int(),
  passed: z.boolean(),
  reference: Distribution,
  actual: Distribution,
});
export type TensorComparison = z.infer<typeof TensorComparison>;

export const SubModelVerification = z.object({
  /** The net, e.g. `block_cache_3`. */
  name: z.string(),
  /** Absent for the embedding and the heads. */
  layer: z.number().int().optional(),
  passed: z.boolean(),
  tensors: z.array(TensorComparison),
  /** Why it could not be run or compared. */
  failure: z.string().optional(),
});
export type SubModelVerification = z.infer<typeof SubModelVerification>;

/** Tokens chosen one by one, always the likeliest. */
export const GreedyComparison = z.object({
  prompt: z.string(),
  promptTokens: z.number().int(),
  expected: z.array(z.number().int()),
  actual: z.array(z.number().int()),
  /** Of `actual`, by the model's tokenizer. */
  text: z.string(),
  /** Absent when all are equal. */
  firstDifference: z
    .object({
      position: z.number().int(),
      /** How much likelier the float model finds its own choice, in logits. */
      gap: z.number(),
      /** A gap so small that rounding decides. */
      isNearTie: z.boolean(),
    })
    .optional(),
  passed: z.boolean(),
});
export type GreedyComparison = z.infer<typeof GreedyComparison>;

/** Kept as `verification.json` in the model's folder. */
export const VerificationReport = z.object({
  reportVersion: z.literal(1),
  /** Id of the model, or the name of its folder. */
  model: z.string(),
  folder: z.string(),
  createdAt: z.string(),
  passed: z.boolean(),
  on: z.enum(['emulator', 'card']),
  threshold: z.number(),
  euclideanThreshold: z.number(),
  quantization: z.string().optional(),
  /** Only these layers were looked at; all when absent. */
  layers: z.array(z.number().int()).optional(),
  seconds: z.number(),
  subModels: z.array(SubModelVerification),
  greedy: z.array(GreedyComparison),
  /** Layers that, kept in 16 bits, would help; as `--keep-high` takes them, e.g. `3,7-9`. */
  keepHigh: z.string().optional(),
  notes: z.array(z.string()),
});
export type VerificationReport = z.infer<typeof VerificationReport>;
