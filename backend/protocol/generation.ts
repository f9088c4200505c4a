/** What all generating requests share. */
import * as z from 'zod';

/** Scheduling classes, most urgent first. First come, first served within a class. */
export const RequestClass = z.enum(['completion', 'chat', 'agent', 'batch', 'warmup']);
export type RequestClass = z.infer<typeof RequestClass>;

/** Sampling parameters with the meanings of llama.cpp's samplers; temperature 0 is greedy. */
export const Sampling = z.object({
  temperature: z.number().min(0).max(5).optional(),
  topK: z.number().int().min(0).max(1_000_000).optional(),
  topP: z.number().gt(0).max(1).optional(),
  minP: z.number().min(0).max(1).optional(),
  repetitionPenalty: z.number().gt(0).max(10).optional(),
  seed: z.number().int().min(0).max(0xffff_ffff).optional(),
});
export type Sampling = z.infer<typeof Sampling>;

/**
 * What becomes of a sequence that reaches the model's context. `stop`: the answer ends with
 * `length`, and a prompt that long is refused. `slide`: the oldest tokens after the beginning of the
 * prompt are dropped, and the answer goes on.
 */
export const Overflow = z.enum(['stop', 'slide']);
export type Overflow = z.infer<typeof Overflow>;

export const GenerationOptions = z.object({
  /** Alias or id of a loaded model; the backend's choice for the task when left out. */
  model: z.string().max(512).optional(),
  class: RequestClass.optional(),
  /** Longest time from arrival to the last token, in ms. */
  deadlineMs: z.number().int().positive().max(3_600_000).optional(),
  maxTokens: z.number().int().positive().max(1_000_000).optional(),
  sampling: Sampling.optional(),
  /** Generation ends before the first of these texts. */
  stop: z.array(z.string().min(1).max(256)).max(16).optional(),
  /** `stop` when left out. */
  overflow: Overflow.optional(),
});
export type GenerationOptions = z.infer<typeof GenerationOptions>;

/**
 * `stop`: an end token or a stop text; `length`: maxTokens, the context, or an answer that repeats
 * itself without end; `deadline`: out of time.
 */
export const FinishReason = z.enum(['stop', 'length', 'deadline', 'cancelled']);
export type FinishReason = z.infer<typeof FinishReason>;

/** Durations in ms from one monotonic clock of the backend; rates in tokens per second. */
export const Timings = z.object({
  /** Arrival to dispatch. */
  queueMs: z.number(),
  /** TTFT: arrival to first token. */
  firstTokenMs: z.number().optional(),
  /** Arrival to last token. */
  totalMs: z.number(),
  promptTokens: z.number().int(),
  /** Prompt tokens whose KV was reused, not computed. */
  cachedTokens: z.number().int(),
  generatedTokens: z.number().int(),
  /** 1 / TPOT, with TPOT = (total - TTFT) / (generated - 1). */
  tokensPerSecond: z.number().optional(),
});
export type Timings = z.infer<typeof Timings>;
