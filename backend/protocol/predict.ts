/** `predict/*`: what a model would need and do on a BM1684X. */
import * as z from 'zod';
import { ConversionOptions } from './conversion.ts';

export const PredictParams = z.object({
  /**
   * Absolute path of a folder with a config.json, of the config.json or of a GGUF file, or a model
   * of the store.
   */
  source: z.string().min(1).max(4096),
  /** Absent: those that a converted model was made with, else the defaults. */
  options: ConversionOptions.optional(),
});
export type PredictParams = z.infer<typeof PredictParams>;

export const PredictStartParams = PredictParams.extend({
  /** Fail where it could only be estimated. */
  isCompiled: z.boolean().default(false),
});
export type PredictStartParams = z.infer<typeof PredictStartParams>;
