/** `job/*`: long work that outlives a request. */
import * as z from 'zod';

const JobState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled']);

export const JobInfo = z.object({
  id: z.string(),
  kind: z.enum(['pull', 'toolchain']),
  title: z.string(),
  state: JobState,
  /** What it is doing now, e.g. `Downloading model.gguf`. */
  step: z.string(),
  /** Between 0 and 1; absent while it cannot be known. */
  fraction: z.number().min(0).max(1).optional(),
  doneBytes: z.number().optional(),
  totalBytes: z.number().optional(),
  notices: z.array(z.string()),
  error: z.object({ code: z.number(), message: z.string(), remedy: z.string() }).optional(),
  /** Id of the model it made, if it makes one. */
  model: z.string().optional(),
});
export type JobInfo = z.infer<typeof JobInfo>;

export const JobName = z.object({ job: z.string().min(1).max(128) });
export const JobList = z.object({ jobs: z.array(JobInfo) });
