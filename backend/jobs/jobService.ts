/**
 * Work that outlives a request: one job at a time, the others wait in order. A job whose request
 * has `params` is kept on the disk, and can be taken up again after a restart of the backend.
 */
import { PilotError, toPilotError } from '../protocol/errors.ts';
import type { JobDetails, JobInfo, JobLog } from '../protocol/jobs.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import type { JobFiles, JobRecord } from './jobFiles.ts';
import { StepRecord } from './stepRecord.ts';

export interface JobProgress {
  readonly step: string;
  readonly doneBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
  /** Between 0 and 1; from the bytes when absent. */
  readonly fraction?: number | undefined;
  readonly secondsLeft?: number | undefined;
}

/** What a job's work is given. */
export interface JobControl {
  /** Aborts when somebody cancels the job. */
  readonly signal: AbortSignal;
  onProgress(progress: JobProgress): void;
  onNotice(text: string): void;
  /** A line for the job's log, such as what a tool has printed. */
  log(line: string): void;
}

/** What a kind of job needs to do its work again: its own params, as JSON. */
export type JobParams = JobRecord['params'];

export interface JobRequest {
  readonly kind: JobInfo['kind'];
  readonly title: string;
  /** A job with the same key that has not ended is answered instead of making a second one. */
  readonly key: string;
  /** Given by work that goes on from what is done when it is run again. */
  readonly params?: JobParams;
  /** Resolves with the id of the model it made, if it makes one. */
  run(control: JobControl): Promise<string | undefined>;
}

export interface JobServiceEdges {
  /** Monotonic, in ms. */
  readonly now: () => number;
  /** Called with what a job threw that is no PilotError, and with what a listener threw. */
  readonly onUnexpected: (error: unknown) => void;
  /** Where records and logs are kept; nothing outlives the process without it. */
  readonly files?: JobFiles;
  /** By kind, what makes a request of the params of a record. They throw on params that are none. */
  readonly factories?: Partial<Record<JobInfo['kind'], (params: JobParams) => JobRequest>>;
}

export type JobListener = (job: JobInfo) => void;

interface Job {
  info: JobInfo;
  readonly key: string;
  readonly params: JobParams | undefined;
  readonly steps: StepRecord;
  /** Absent for a job of an earlier backend, until it is resumed. */
  request: JobRequest | undefined;
  controller: AbortController;
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

  constructor(private readonly edges: JobServiceEdges) {
    for (const { info, key, params, steps } of edges.files?.readAll() ?? []) {
      const job: Job = {
        info,
        key,
        params,
        steps: new StepRecord(steps),
        request: undefined,
        controller: new AbortController(),
        reportedAt: -Infinity,
      };
      this.#jobs.set(info.id, job);
      if (!isEnded(info)) this.#change(job, { ...interrupted, secondsLeft: undefined });
    }
  }

  /**
   * Starts the work when the jobs before it have ended. Work that was begun before and did not get
   * to its end is resumed instead. @throws PilotError draining once closed
   */
  start(request: JobRequest): JobInfo {
    if (this.#closed) throw new PilotError('draining');
    for (const job of this.#jobs.values()) {
      if (job.key !== request.key) continue;
      if (!isEnded(job.info)) return job.info;
      if (job.info.isResumable) return this.#queue(job, request);
    }
    const number = this.edges.files?.nextNumber() ?? ++this.#count;
    const id = `${request.kind}-${number}`;
    const job: Job = {
      info: { id, kind: request.kind, title: request.title, ...queued, notices: [] },
      key: request.key,
      params: request.params,
      steps: new StepRecord(),
      request,
      controller: new AbortController(),
      reportedAt: -Infinity,
    };
    this.#jobs.set(id, job);
    this.#forgetOldest();
    return this.#queue(job, request);
  }

  /** Goes on with a job that ended too early. @throws PilotError jobNotFound, jobNotResumable, draining */
  resume(id: string): JobInfo {
    if (this.#closed) throw new PilotError('draining');
    const job = this.#find(id);
    if (!isEnded(job.info)) return job.info;
    const factory = this.edges.factories?.[job.info.kind];
    if (!job.info.isResumable || job.params === undefined || !factory) {
      const reason = job.info.state === 'done' ? 'it is done' : 'nothing of it was kept';
      throw new PilotError('jobNotResumable', { job: id, reason });
    }
    return this.#queue(job, factory(job.params));
  }

  /** What its tools have printed, from line `from` on. @throws PilotError jobNotFound */
  async log(id: string, from: number): Promise<JobLog> {
    this.#find(id);
    return (await this.edges.files?.readLog(id, from)) ?? { lines: [], next: from };
  }

  #queue(job: Job, request: JobRequest): JobInfo {
    job.request = request;
    job.controller = new AbortController();
    this.#change(job, { ...queued, notices: [], error: undefined, fraction: undefined });
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
  get(id: string): JobDetails {
    const { info, steps } = this.#find(id);
    return { ...info, steps: [...steps.ended] };
  }

  /** Asks a job to stop; its state changes when it has. @throws PilotError jobNotFound */
  cancel(id: string): JobInfo {
    const job = this.#find(id);
    job.controller.abort();
    if (job.info.state === 'queued') this.#change(job, this.#stopped(job));
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
    const { request } = job;
    if (isEnded(job.info) || job.info.state === 'running' || !request) return;
    this.#change(job, { state: 'running', step: jobSentence('starting') });
    try {
      const model = await request.run({
        signal: job.controller.signal,
        onProgress: (progress) => this.#progress(job, progress),
        onNotice: (text) => this.#change(job, { notices: [...job.info.notices, text] }),
        log: (line) => this.edges.files?.log(job.info.id, line),
      });
      const end = { state: 'done', step: jobSentence('done'), fraction: 1 } as const;
      job.steps.end(this.edges.now());
      this.#change(job, { ...end, secondsLeft: undefined, model });
    } catch (error) {
      job.steps.end(this.edges.now());
      this.#change(job, this.#outcome(job, error));
    }
  }

  #outcome(job: Job, error: unknown): Partial<JobInfo> {
    if (error instanceof PilotError && error.errorName === 'cancelled') {
      return this.#stopped(job);
    }
    if (!(error instanceof PilotError)) this.edges.onUnexpected(error);
    const { code, message, data } = toPilotError(error);
    return {
      state: 'failed',
      step: jobSentence('failed'),
      error: { code, message, remedy: data.remedy },
    };
  }

  /** What a backend leaves behind when it ends is told from what somebody has cancelled. */
  #stopped({ params }: Job): Pick<JobInfo, 'state' | 'step'> {
    const isLeft = this.#closed && params !== undefined;
    return isLeft ? interrupted : { state: 'cancelled', step: jobSentence('cancelled') };
  }

  #progress(job: Job, progress: JobProgress): void {
    const { step, doneBytes, totalBytes, secondsLeft } = progress;
    // Nothing may follow for a long time, so a new step is told at once.
    const isNewStep = step !== job.info.step;
    const fraction = progress.fraction ?? fractionOf(doneBytes, totalBytes);
    job.info = { ...job.info, step, doneBytes, totalBytes, fraction, secondsLeft };
    if (isNewStep) {
      job.steps.begin(step, this.edges.now());
      this.#keep(job);
    }
    if (isNewStep || this.edges.now() - job.reportedAt >= REPORT_MS) this.#report(job);
  }

  #change(job: Job, change: Partial<JobInfo>): void {
    job.info = { ...job.info, ...change };
    this.#keep(job);
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

  #keep(job: Job): void {
    const { params, key } = job;
    if (params === undefined) return;
    const isResumable = isEnded(job.info) && job.info.state !== 'done';
    job.info = { ...job.info, isResumable: isResumable ? true : undefined };
    try {
      const steps = [...job.steps.ended];
      this.edges.files?.write({ recordVersion: 1, info: job.info, key, params, steps });
    } catch (error) {
      // The work itself goes on, as it would without a record.
      this.edges.onUnexpected(error);
    }
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs.values()].filter((job) => isEnded(job.info));
    for (const job of ended.slice(0, Math.max(0, ended.length - KEEP_ENDED))) {
      this.#jobs.delete(job.info.id);
      this.edges.files?.remove(job.info.id);
    }
  }
}

function isEnded({ state }: JobInfo): boolean {
  return state !== 'queued' && state !== 'running';
}

const queued = { state: 'queued', step: jobSentence('waiting') } as const;
const interrupted = { state: 'interrupted', step: jobSentence('interrupted') } as const;

function fractionOf(done: number | undefined, total: number | undefined): number | undefined {
  if (done === undefined || total === undefined || total === 0) return undefined;
  return Math.min(1, done / total);
}
