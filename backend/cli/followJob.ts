/** A job of the backend as a command of its own: progress, Ctrl+C, result. */
import type { BackendClient } from '../client/backendClient.ts';
import { RemoteError } from '../client/remoteError.ts';
import { PilotError } from '../protocol/errors.ts';
import type { JobInfo } from '../protocol/jobs.ts';
import type { Io } from './io.ts';
import { ProgressLine } from './progressLine.ts';

/**
 * Shows a job's progress until it is done. Ctrl+C cancels it.
 * @throws RemoteError with the job's own error; PilotError cancelled, connectionLost
 */
export async function followJob(io: Io, client: BackendClient, job: JobInfo): Promise<JobInfo> {
  const line = new ProgressLine(io.stderr);
  const cancel = (): void => {
    // What becomes of it shows in the job's state, or in the end of the connection.
    client.request('job/cancel', { job: job.id }).catch(() => undefined);
  };
  io.interrupted.addEventListener('abort', cancel, { once: true });
  if (io.interrupted.aborted) cancel();
  try {
    return requireDone(
      await ended(client, job.id, ({ step, fraction }) => {
        const percent = fraction === undefined ? '' : ` (${Math.floor(fraction * 100)} %)`;
        line.update({ step: `${step}${percent}` });
      }),
    );
  } finally {
    io.interrupted.removeEventListener('abort', cancel);
    line.clear();
  }
}

async function ended(
  client: BackendClient,
  id: string,
  onChange: (job: JobInfo) => void,
): Promise<JobInfo> {
  return new Promise((resolve, reject) => {
    const look = (job: JobInfo): void => {
      if (job.id !== id) return;
      if (job.state === 'queued' || job.state === 'running') {
        onChange(job);
        return;
      }
      listener.dispose();
      resolve(job);
    };
    const listener = client.on('job/changed', look);
    // It may have ended before anybody listened.
    client.request('job/get', { job: id }).then(look, reject);
    void client.closed.then(() => reject(new PilotError('connectionLost')));
  });
}

function requireDone(job: JobInfo): JobInfo {
  if (job.state === 'done') return job;
  if (!job.error) throw new PilotError('cancelled');
  const { code, message, remedy } = job.error;
  throw new RemoteError(code, message, { name: 'job', remedy });
}
