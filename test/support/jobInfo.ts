/** A job as the backend tells of it, for tests: a conversion that runs, unless they say otherwise. */
import type { JobInfo } from '../../backend/protocol/jobs.ts';

export function jobInfo(changes: Partial<JobInfo> = {}): JobInfo {
  return {
    id: 'convert-1',
    kind: 'convert',
    title: 'Convert tiny',
    state: 'running',
    step: 'Compiling block_1',
    fraction: 0.427,
    notices: [],
    ...changes,
  };
}
