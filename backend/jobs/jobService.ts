/** Work that outlives a request: one job at a time, the others wait in order. */
import { PilotError } from '../protocol/errors.ts';
import type { JobInfo } from '../protocol/jobs.ts';

export interface JobProgress {
  readonly step: string;
  readonly doneBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
  /** Between 0 and 1; from the bytes when absent. */
  readonly fraction?: number | undefined;
}

/** What a job's work is given. */
export interface JobControl {
  /** Aborts when somebody cancels the job. */
  readonly signal: AbortSignal;
  onProgress(progress: JobProgress): void;
  onNotice(text: string): void;
}

export interface JobRequest {
  readonly kind: JobInfo['kind'];
  readonly title: string;
  /** A job with the same key that has not ended is answered instead of making a second one. */
  readonly key: string;
  /** Resolves with the id of the model it made, if it makes one. */
  run(control: JobControl): Promise<string | undefined>;
}

export interface JobServiceEdges {
  /** Monotonic, in ms. */
  readonly now: () => number;
  /** Called with what a job threw that is no PilotError, and with what a listener threw. */
  readonly onUnexpected: (error: unknown) => void;
}

export type JobListener = (job: JobInfo) => void;

interface Job {
  info: JobInfo;
  readonly request: JobRequest;
  readonly controller: AbortController;
  reportedAt: number;
}

/** Between two reports of progress alone. */
const REPORT_MS = 250;
/** Jobs that have ended and can still be asked about. */
const KEEP_ENDED = 100;

export class JobService {
  readonly #jobs = new Map<string, Job>();
  readonly #listeners = new Set<JobListener>();
  #count = 0;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly edges: JobServiceEdges) {}

  /** Starts the work when the jobs before it have ended. @throws PilotError draining once closed */
  start(request: JobRequest): JobInfo {
    if (this.#closed) throw new PilotError('draining');
    for (const job of this.#jobs.values()) {
      if (job.request.key === request.key && !isEnded(job.info)) return job.info;
    }
    const id = `${request.kind}-${++this.#count}`;
    const job: Job = {
      info: {
        id,
        kind: request.kind,
        title: request.title,
        state: 'queued',
        step: 'Waiting for other jobs',
        notices: [],
      },
      request,
      controller: new AbortController(),
      reportedAt: -Infinity,
    };
    this.#jobs.set(id, job);
    this.#forgetOldest();
    this.#change(job, {});
    this.#running = this.#running.then(() => this.#run(job));
    return job.info;
  }

  /** In the order they were started. */
  list(): JobInfo[] {
    return [...this.#jobs.values()].map((job) => job.info);
  }

  /** A job runs or waits. */
  get isBusy(): boolean {
    return [...this.#jobs.values()].some(({ info }) => !isEnded(info));
  }

  /** @throws PilotError jobNotFound */
  get(id: string): JobInfo {
    return this.#find(id).info;
  }

  /** Asks a job to stop; its state changes when it has. @throws PilotError jobNotFound */
  cancel(id: string): JobInfo {
    const job = this.#find(id);
    job.controller.abort();
    if (job.info.state === 'queued') this.#change(job, { state: 'cancelled', step: 'Cancelled' });
    return job.info;
  }

  /** Called with every change; with progress alone at most four times a second and job. */
  onChanged(listener: JobListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Cancels everything and resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const id of this.#jobs.keys()) this.cancel(id);
    await this.#running;
  }

  #find(id: string): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new PilotError('jobNotFound', { job: id });
    return job;
  }

  /** Never rejects: the jobs after it must run. */
  async #run(job: Job): Promise<void> {
    if (isEnded(job.info)) return;
    this.#change(job, { state: 'running', step: 'Starting' });
    try {
      const model = await job.request.run({
        signal: job.controller.signal,
        onProgress: (progress) => this.#progress(job, progress),
        onNotice: (text) => this.#change(job, { notices: [...job.info.notices, text] }),
      });
      this.#change(job, { state: 'done', step: 'Done', fraction: 1, model });
    } catch (error) {
      this.#change(job, this.#outcome(error));
    }
  }

  #outcome(error: unknown): Partial<JobInfo> {
    if (error instanceof PilotError && error.errorName === 'cancelled') {
      return { state: 'cancelled', step: 'Cancelled' };
    }
    if (!(error instanceof PilotError)) this.edges.onUnexpected(error);
    const shown = error instanceof PilotError ? error : new PilotError('internalError');
    const { code, message, data } = shown;
    return { state: 'failed', step: 'Failed', error: { code, message, remedy: data.remedy } };
  }

  #progress(job: Job, progress: JobProgress): void {
    const { step, doneBytes, totalBytes } = progress;
    const fraction = progress.fraction ?? fractionOf(doneBytes, totalBytes);
    job.info = { ...job.info, step, doneBytes, totalBytes, fraction };
    if (this.edges.now() - job.reportedAt >= REPORT_MS) this.#report(job);
  }

  #change(job: Job, change: Partial<JobInfo>): void {
    job.info = { ...job.info, ...change };
    this.#report(job);
  }

  #report(job: Job): void {
    job.reportedAt = this.edges.now();
    for (const listener of this.#listeners) {
      try {
        listener(job.info);
      } catch (error) {
        // One reader's fault is not the job's, nor the other readers'.
        this.edges.onUnexpected(error);
      }
    }
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs.values()].filter((job) => isEnded(job.info));
    for (const job of ended.slice(0, Math.max(0, ended.length - KEEP_ENDED))) {
      this.#jobs.delete(job.info.id);
    }
  }
}

function isEnded({ state }: JobInfo): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

function fractionOf(done: number | undefined, total: number | undefined): number | undefined {
  if (done === undefined || total === undefined || total === 0) return undefined;
  return Math.min(1, done / total);
}
