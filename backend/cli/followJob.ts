/** A job of the backend as a command of its own: progress, Ctrl+C, result. */
import type { BackendClient } from '../client/backendClient.ts';
import { toRemoteError } from '../client/remoteError.ts';
import { PilotError } from '../protocol/errors.ts';
import type { JobInfo } from '../protocol/jobs.ts';
import { note, type Io } from './io.ts';
import { ProgressLine } from './progressLine.ts';

/**
 * Shows a job's progress until it is done. Ctrl+C cancels it, and says how to go on.
 * @throws RemoteError with the job's own error; PilotError cancelled, connectionLost
 */
export async function followJob(io: Io, client: BackendClient, job: JobInfo): Promise<JobInfo> {
  const line = new ProgressLine(io.stderr);
  let noticed = 0;
  const show = ({ step, doneBytes, totalBytes, fraction, secondsLeft, notices }: JobInfo): void => {
    for (const notice of notices.slice(noticed)) line.note(notice);
    noticed = Math.max(noticed, notices.length);
    line.update({ step, doneBytes, totalBytes, fraction, secondsLeft });
  };
  const cancel = (): void => {
    line.update({ step: 'Cancelling' });
    // What becomes of it shows in the job's state, or in the end of the connection.
    client.request('job/cancel', { job: job.id }).catch(() => undefined);
  };
  io.interrupted.addEventListener('abort', cancel, { once: true });
  if (io.interrupted.aborted) cancel();
  try {
    const end = await ended(client, job.id, show);
    line.clear();
    return requireDone(io, end);
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
      onChange(job);
      if (job.state === 'queued' || job.state === 'running') return;
      listener.dispose();
      resolve(job);
    };
    const listener = client.on('job/changed', look);
    // It may have ended before anybody listened.
    client.request('job/get', { job: id }).then(look, reject);
    void client.closed.then(() => reject(new PilotError('connectionLost')));
  });
}

function requireDone(io: Io, job: JobInfo): JobInfo {
  if (job.state === 'done') return job;
  if (job.isResumable) {
    note(io, `The same command goes on from here, and so does "tpu-pilot job resume ${job.id}".`);
  }
  if (!job.error) throw new PilotError('cancelled');
  throw toRemoteError(job.error);
}
