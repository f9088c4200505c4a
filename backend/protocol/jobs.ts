/** `job/*`: long work that outlives a request. */
import * as z from 'zod';

/** `interrupted`: the backend ended while it ran. */
const JobState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted']);

export const JobInfo = z.object({
  id: z.string(),
  kind: z.enum(['pull', 'toolchain', 'convert', 'verify', 'predict']),
  title: z.string(),
  state: JobState,
  /** What it is doing now, e.g. `Downloading model.gguf`. */
  step: z.string(),
  /** Between 0 and 1; absent while it cannot be known. */
  fraction: z.number().min(0).max(1).optional(),
  doneBytes: z.number().optional(),
  totalBytes: z.number().optional(),
  /** Estimated from the steps so far; absent while it cannot be known. */
  secondsLeft: z.number().optional(),
  /** True when `job/resume` goes on where it stopped; absent for no. */
  isResumable: z.boolean().optional(),
  notices: z.array(z.string()),
  error: z.object({ code: z.number(), message: z.string(), remedy: z.string() }).optional(),
  /** Id of the model it made, if it makes one. */
  model: z.string().optional(),
});
export type JobInfo = z.infer<typeof JobInfo>;

export const JobStep = z.object({
  /** As it was told in `step`. */
  name: z.string(),
  seconds: z.number().min(0),
});
export type JobStep = z.infer<typeof JobStep>;

/** With the steps that have ended, also those of earlier runs that it went on from. */
export const JobDetails = JobInfo.extend({ steps: z.array(JobStep).default([]) });
export type JobDetails = z.infer<typeof JobDetails>;

export const JobName = z.object({ job: z.string().min(1).max(128) });
export const JobList = z.object({ jobs: z.array(JobInfo) });

/** Lines that a job's tools have printed, from one of them on. */
export const JobLogParams = JobName.extend({ from: z.number().int().min(0).default(0) });
export const JobLog = z.object({
  lines: z.array(z.string()),
  /** To ask for what comes after these. */
  next: z.number().int(),
});
export type JobLog = z.infer<typeof JobLog>;
