/** A job from its start to its end, with its progress on stderr. */
import type { BackendClient } from '../client/backendClient.ts';
import { RemoteError } from '../client/remoteError.ts';
import { PilotError } from '../protocol/errors.ts';
import type { JobInfo } from '../protocol/jobs.ts';
import type { Io } from './io.ts';
import { ProgressLine } from './progressLine.ts';
import { formatDuration } from './units.ts';

/**
 * Ctrl+C cancels the job, and waits until it has ended.
 * @returns the job when it is done
 * @throws PilotError cancelled, connectionLost; RemoteError with what the job failed with
 */
export async function followJob(
  io: Io,
  client: BackendClient,
  start: () => Promise<JobInfo>,
): Promise<JobInfo> {
  const line = new ProgressLine(io.stderr);
  const watch = new JobWatch(client, line);
  const cancel = (): void => watch.cancel();
  try {
    const { id } = await start();
    io.interrupted.addEventListener('abort', cancel, { once: true });
    const ended = watch.follow(id);
    if (io.interrupted.aborted) cancel();
    return requireDone(await ended);
  } finally {
    io.interrupted.removeEventListener('abort', cancel);
    watch.dispose();
    line.clear();
  }
}

/** Listens from before the job has begun, and shows what it hears. */
class JobWatch {
  #id: string | undefined;
  #notices = 0;
  #end: { resolve: (job: JobInfo) => void; reject: (error: unknown) => void } | undefined;
  readonly #listener: { dispose(): void };

  constructor(
    private readonly client: BackendClient,
    private readonly line: ProgressLine,
  ) {
    this.#listener = client.on('job/changed', (job) => this.#changed(job));
  }

  follow(id: string): Promise<JobInfo> {
    this.#id = id;
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
      void this.client.closed.then(() => reject(new PilotError('connectionLost')));
      // It may have moved on before its id was known here.
      this.client.request('job/get', { job: id }).then((job) => this.#changed(job), reject);
    });
  }

  cancel(): void {
    if (this.#id === undefined) return;
    const asked = this.client.request('job/cancel', { job: this.#id });
    asked.catch((error: unknown) => this.#end?.reject(error));
  }

  dispose(): void {
    this.#listener.dispose();
  }

  #changed(job: JobInfo): void {
    if (job.id !== this.#id) return;
    for (const notice of job.notices.slice(this.#notices)) this.line.note(notice);
    this.#notices = job.notices.length;
    if (isEnded(job)) this.#end?.resolve(job);
    else this.line.update({ step: describeStep(job) });
  }
}

function isEnded({ state }: JobInfo): boolean {
  return state !== 'queued' && state !== 'running';
}

function describeStep({ step, fraction, secondsLeft }: JobInfo): string {
  const percent = fraction === undefined ? '' : ` (${Math.floor(fraction * 100)} %)`;
  const left = secondsLeft === undefined ? '' : `, ${formatDuration(secondsLeft * 1000)} left`;
  return `${step}${percent}${left}`;
}

function requireDone(job: JobInfo): JobInfo {
  if (job.state === 'done') return job;
  if (job.error) {
    const { code, message, remedy } = job.error;
    throw new RemoteError(code, message, { name: 'job', remedy });
  }
  throw new PilotError('cancelled');
}
