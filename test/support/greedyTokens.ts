/** Runs greedyTokens.py: what PyTorch answers where it is no near tie. */
import * as z from 'zod';
import { askPython } from './askPython.ts';

const Clear = z.object({ index: z.int(), answers: z.array(z.array(z.int())) });
const Answer = z.array(z.array(Clear.nullable()));

/** Turns of tokens; a turn comes after the answer to the one before. */
export type Conversation = readonly (readonly number[])[];

export interface GreedyRequest {
  /** Of a model in Hugging Face's layout. */
  readonly folder: string;
  readonly groups: readonly (readonly Conversation[])[];
  /** Tokens of each answer. */
  readonly count: number;
  /** By how much the likeliest token leads, in standard deviations of all logits. */
  readonly margin: number;
}

/** By request and group, the first conversation without a nearer tie, and the answers in it. */
export async function greedyTokens(
  requests: readonly GreedyRequest[],
): Promise<z.infer<typeof Answer>> {
  return Answer.parse(await askPython('greedyTokens.py', [], requests));
}
