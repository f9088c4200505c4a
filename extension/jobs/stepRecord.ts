/** The steps of a job and how long each took, as far as this window has seen them. */
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import * as z from 'zod';

export const Step = z.object({
  name: z.string(),
  /** In ms, from any origin. */
  startedAt: z.number(),
  endedAt: z.number().optional(),
});
export type Step = z.infer<typeof Step>;

const MOST_STEPS = 500;

/** The same steps when nothing has changed. */
export function addStep(
  steps: readonly Step[],
  { state, step }: Pick<JobInfo, 'state' | 'step'>,
  now: number,
): readonly Step[] {
  const last = steps.at(-1);
  const isRunning = state === 'running';
  if (last && last.endedAt === undefined && isRunning && last.name === step) return steps;
  const ended = steps.map((one) => (one.endedAt === undefined ? { ...one, endedAt: now } : one));
  if (!isRunning) return last?.endedAt === undefined ? ended : steps;
  return [...ended, { name: step, startedAt: now }].slice(-MOST_STEPS);
}
