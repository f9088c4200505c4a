/** Runs referenceTokens.py in the environment of the compiler, which has the original tokenizers. */
import * as z from 'zod';
import { askPython } from './askPython.ts';

const Answer = z.object({ ids: z.array(z.array(z.int())), seconds: z.array(z.number()) });

export interface ReferenceRequest {
  /** Well-formed: without lone surrogates. */
  readonly texts: readonly string[];
  /** Ids of the tokens that must not be found in texts. */
  readonly special: readonly number[];
  readonly rounds?: number;
}

/** @param file a tokenizer.json */
export async function referenceTokens(
  file: string,
  request: ReferenceRequest,
): Promise<z.infer<typeof Answer>> {
  return Answer.parse(await askPython('referenceTokens.py', [file], request));
}
