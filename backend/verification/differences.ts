/** Where answers leave the float model's, and how much it minds. */
import * as z from 'zod';
import { PilotError } from '../protocol/errors.ts';
import type { VerifyTool } from './tool.ts';

const Line = z.object({
  kind: z.literal('answer'),
  text: z.string(),
  difference: z
    .object({ position: z.number().int(), gap: z.number(), spread: z.number() })
    .optional(),
});
export type AnswerFigures = Omit<z.infer<typeof Line>, 'kind'>;

/**
 * @param promptTokens of each prompt that the float model was run on
 * @param answers tokens after each of them
 * @throws PilotError verificationStopped, cancelled
 */
export async function measureAnswers(
  tool: Pick<VerifyTool, 'run' | 'work'>,
  tokenizer: string,
  promptTokens: readonly number[],
  answers: readonly (readonly number[])[],
): Promise<AnswerFigures[]> {
  const found: AnswerFigures[] = [];
  const options = { work: tool.work, tokenizer, promptTokens, answers };
  const { failure } = await tool.run('answers.py', options, (value) => {
    const line = Line.safeParse(value).data;
    if (line)
      found.push({ text: line.text, ...(line.difference && { difference: line.difference }) });
  });
  if (failure === undefined && found.length === answers.length) return found;
  const reason = failure ?? 'it came to no end';
  throw new PilotError('verificationStopped', { part: 'the comparison of the answers', reason });
}
