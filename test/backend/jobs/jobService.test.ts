import { describe, expect, it } from 'vitest';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { JobFiles } from '../../../backend/jobs/jobFiles.ts';
import {
  JobService,
  type JobControl,
  type JobParams,
  type JobRequest,
} from '../../../backend/jobs/jobService.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { JobInfo } from '../../../backend/protocol/jobs.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

/** Work that runs until the test ends it. */
class ManualWork {
  control: JobControl | undefined;
  finish: (model: string) => void = () => undefined;
  fail: (error: unknown) => void = () => undefined;
  readonly #started: () => void;
  readonly started: Promise<void>;

  constructor() {
    let start = (): void => undefined;
    this.started = new Promise((resolve) => (start = resolve));
    this.#started = start;
  }

  request(key: string): JobRequest {
    return {
      kind: 'pull',
      title: `Get ${key}`,
      key,
      run: (control) => {
        this.control = control;
        this.#started();
        return new Promise((resolve, reject) => {
          this.finish = resolve;
          this.fail = reject;
          control.signal.addEventListener('abort', () => reject(new PilotError('cancelled')));
        });
      },
    };
  }
}

function setUp() {
  let time = 0;
  const unexpected: unknown[] = [];
  const jobs = new JobService({ now: () => time, onUnexpected: (error) => unexpected.push(error) });
  const changes: JobInfo[] = [];
  jobs.onChanged((job) => changes.push(JobInfo.parse(job)));
  const ended = (id: string): Promise<JobInfo> =>
    new Promise((resolve) => {
      const stop = jobs.onChanged((job) => {
        if (job.id !== id || !['done', 'failed', 'cancelled'].includes(job.state)) return;
        stop();
        resolve(job);
      });
    });
  const advance = (ms: number): number => (time += ms);
  return { jobs, changes, unexpected, ended, advance };
}

describe('JobService', () => {
  it('runs a job and tells its result', async () => {
    const { jobs, changes, ended } = setUp();
    const work = new ManualWork();
    const { id, state } = jobs.start(work.request('a'));
    expect(state).toBe('queued');
    await work.started;
    expect(jobs.get(id).state).toBe('running');
    const end = ended(id);
    work.finish('tiny');
    expect(await end).toMatchObject({ id, state: 'done', model: 'tiny', fraction: 1 });
    expect(changes.map((job) => job.state)).toEqual(['queued', 'running', 'done']);
  });

  it('runs one at a time, in order', async () => {
    const { jobs, ended } = setUp();
    const [first, second] = [new ManualWork(), new ManualWork()];
    const one = jobs.start(first.request('a'));
    const two = jobs.start(second.request('b'));
    await first.started;
    expect(second.control).toBeUndefined();
    expect(jobs.list().map(({ state }) => state)).toEqual(['running', 'queued']);
    const end = ended(one.id);
    first.fail(new PilotError('downloadFailed', { source: 'x', reason: 'y' }));
    expect(await end).toMatchObject({
      state: 'failed',
      error: { code: 1206, message: 'The download from x failed: y' },
    });
    await second.started;
    expect(jobs.get(two.id).state).toBe('running');
  });

  it('answers the same job for the same work until it has ended', async () => {
    const { jobs, ended } = setUp();
    const work = new ManualWork();
    const first = jobs.start(work.request('a'));
    expect(jobs.start(work.request('a')).id).toBe(first.id);
    expect(jobs.start(work.request('b')).id).not.toBe(first.id);
    await work.started;
    const end = ended(first.id);
    work.finish('m');
    await end;
    expect(jobs.start(work.request('a')).id).not.toBe(first.id);
  });

  it('cancels a job that runs and one that waits', async () => {
    const { jobs, ended } = setUp();
    const [first, second] = [new ManualWork(), new ManualWork()];
    const one = jobs.start(first.request('a'));
    const two = jobs.start(second.request('b'));
    await first.started;
    expect(jobs.cancel(two.id).state).toBe('cancelled');
    const end = ended(one.id);
    expect(jobs.cancel(one.id).state).toBe('running');
    expect((await end).state).toBe('cancelled');
    await jobs.close();
    expect(second.control).toBeUndefined();
    expect(jobs.cancel(one.id).state).toBe('cancelled');
    expect(() => jobs.cancel('none')).toThrow(
      expect.objectContaining({ errorName: 'jobNotFound' }) as Error,
    );
  });

  it('reports progress four times a second, and notices at once', async () => {
    const { jobs, changes, advance } = setUp();
    const work = new ManualWork();
    const { id } = jobs.start(work.request('a'));
    await work.started;
    changes.length = 0;
    for (let doneBytes = 1; doneBytes <= 100; doneBytes++) {
      advance(10);
      work.control?.onProgress({ step: 'Downloading', doneBytes, totalBytes: 200 });
    }
    expect(changes.map(({ doneBytes }) => doneBytes)).toEqual([1, 26, 51, 76]);
    expect(changes.at(-1)).toMatchObject({ step: 'Downloading', totalBytes: 200, fraction: 0.38 });
    work.control?.onProgress({ step: 'Downloading', doneBytes: 150, totalBytes: 200 });
    expect(changes).toHaveLength(4);
    expect(jobs.get(id).doneBytes).toBe(150);
    work.control?.onNotice('Something to know.');
    expect(changes.at(-1)).toMatchObject({ notices: ['Something to know.'], doneBytes: 150 });
    work.control?.onProgress({ step: 'Checking' });
    expect(jobs.get(id)).toMatchObject({ doneBytes: undefined, fraction: undefined });
  });

  it('tells clients nothing of an error it did not expect, and its owner everything', async () => {
    const { jobs, unexpected, ended } = setUp();
    const work = new ManualWork();
    const { id } = jobs.start(work.request('a'));
    await work.started;
    const end = ended(id);
    const error = new TypeError('/home/somebody/secret');
    work.fail(error);
    expect((await end).error).toMatchObject({ code: -32603 });
    expect(JSON.stringify(jobs.get(id))).not.toContain('secret');
    expect(unexpected).toEqual([error]);
  });

  it('goes on when a listener throws', async () => {
    const { jobs, unexpected, ended } = setUp();
    const [first, second] = [new ManualWork(), new ManualWork()];
    const one = jobs.start(first.request('a'));
    const { id } = jobs.start(second.request('b'));
    await first.started;
    const stop = jobs.onChanged(() => {
      throw new Error('listener');
    });
    first.finish('m');
    await second.started;
    stop();
    const end = ended(id);
    second.finish('n');
    expect((await end).model).toBe('n');
    expect(jobs.get(one.id)).toMatchObject({ state: 'done', model: 'm' });
    expect(unexpected.length).toBeGreaterThan(0);
  });

  it('forgets old jobs', async () => {
    const { jobs } = setUp();
    for (let n = 0; n < 150; n++) jobs.cancel(jobs.start(new ManualWork().request(`${n}`)).id);
    expect(jobs.list()).toHaveLength(101);
    expect(jobs.list().at(-1)?.id).toBe('pull-150');
    await jobs.close();
  });

  it('stops everything when it is closed', async () => {
    const { jobs } = setUp();
    const [first, second] = [new ManualWork(), new ManualWork()];
    jobs.start(first.request('a'));
    jobs.start(second.request('b'));
    await first.started;
    await jobs.close();
    expect(jobs.list().map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    expect(() => jobs.start(first.request('c'))).toThrow(
      expect.objectContaining({ errorName: 'draining' }) as Error,
    );
  });
});

describe('jobs that are kept', () => {
  const work = (params: JobParams, key = 'a'): { request: JobRequest; work: ManualWork } => {
    const manual = new ManualWork();
    return { work: manual, request: { ...manual.request(key), kind: 'convert', params } };
  };

  async function setUpKept() {
    const folder = path.join(await temporaryFolder(), 'jobs');
    const clock = { ms: 0 };
    const open = (factory?: (params: JobParams) => JobRequest) =>
      new JobService({
        now: () => clock.ms,
        onUnexpected: (error) => expect.unreachable(String(error)),
        files: new JobFiles(folder),
        factories: { ...(factory && { convert: factory }) },
      });
    return { folder, open, clock };
  }

  const ended = (jobs: JobService, id: string): Promise<JobInfo> =>
    new Promise((resolve) => {
      jobs.onChanged((job) => {
        if (job.id === id && !['queued', 'running'].includes(job.state)) resolve(job);
      });
    });

  it('are interrupted by the end of their backend, and resumed under the same id', async () => {
    const { open } = await setUpKept();
    const before = open();
    const { request, work: first } = work({ source: '/m' });
    const { id } = before.start(request);
    await first.started;
    first.control?.onProgress({ step: 'Half', fraction: 0.5, secondsLeft: 9 });
    first.control?.onNotice('Something to know.');
    first.control?.log('line 1');

    const given: JobParams[] = [];
    const second = new ManualWork();
    const after = open((params) => {
      given.push(params);
      return { ...second.request('a'), kind: 'convert', params };
    });
    expect(after.get(id)).toMatchObject({ state: 'interrupted', isResumable: true, fraction: 0.5 });
    expect(after.get(id).secondsLeft).toBeUndefined();
    expect(after.resume(id)).toMatchObject({ id, state: 'queued', notices: [] });
    await second.started;
    second.control?.log('line 2\u001b[31m');
    expect(given).toEqual([{ source: '/m' }]);
    const end = ended(after, id);
    second.finish('tiny');
    expect(await end).toMatchObject({ id, state: 'done', model: 'tiny' });
    expect((await end).isResumable).toBeUndefined();
    expect(await after.log(id, 0)).toEqual({ lines: ['line 1', 'line 2 [31m'], next: 2 });
    expect(await after.log(id, 1)).toEqual({ lines: ['line 2 [31m'], next: 2 });
    expect(await after.log(id, 7)).toEqual({ lines: [], next: 7 });
    expect(() => after.resume(id)).toThrow('it is done');
    expect(open().list()).toEqual([expect.objectContaining({ id, state: 'done' })]);
  });

  it('know their steps in every window and after a restart, those of both runs', async () => {
    const { open, clock } = await setUpKept();
    const before = open();
    const { request, work: first } = work({ source: '/m' });
    const { id } = before.start(request);
    await first.started;
    const take = (job: ManualWork, step: string, seconds: number): void => {
      for (const fraction of [0, 1]) job.control?.onProgress({ step, fraction });
      clock.ms += seconds * 1000;
    };
    take(first, 'One', 2);
    take(first, 'Two', 3);
    take(first, 'Lost', 1);

    // A clock that began anew.
    clock.ms = 0;
    const second = new ManualWork();
    const after = open((params) => ({ ...second.request('a'), kind: 'convert', params }));
    const kept = [
      { name: 'One', seconds: 2 },
      { name: 'Two', seconds: 3 },
    ];
    expect(after.get(id).steps).toEqual(kept);
    after.resume(id);
    await second.started;
    take(second, 'Three', 4);
    const end = ended(after, id);
    second.finish('tiny');
    await end;
    const steps = [...kept, { name: 'Three', seconds: 4 }];
    expect(after.get(id).steps).toEqual(steps);
    expect(open().get(id).steps).toEqual(steps);
  });

  it('are interrupted by a backend that is stopped, where others are cancelled', async () => {
    const { open } = await setUpKept();
    const jobs = open();
    const { request, work: kept } = work(1);
    const one = jobs.start(request);
    const other = jobs.start(new ManualWork().request('b'));
    await kept.started;
    await jobs.close();
    expect(jobs.get(one.id)).toMatchObject({ state: 'interrupted', isResumable: true });
    expect(jobs.get(other.id).state).toBe('cancelled');
    expect(
      open()
        .list()
        .map(({ id }) => id),
    ).toEqual([one.id]);
  });

  it('go on when the same is started again, after a cancel or a failure', async () => {
    const { open } = await setUpKept();
    const jobs = open();
    const first = work({ n: 1 });
    const { id } = jobs.start(first.request);
    await first.work.started;
    const cancelled = ended(jobs, id);
    jobs.cancel(id);
    expect(await cancelled).toMatchObject({ state: 'cancelled', isResumable: true });
    const second = work({ n: 1 });
    expect(jobs.start(second.request)).toMatchObject({ id, state: 'queued' });
    await second.work.started;
    const failed = ended(jobs, id);
    second.work.fail(new PilotError('conversionFailed', { part: 'block_0', reason: 'x' }));
    expect(await failed).toMatchObject({ state: 'failed', error: { code: 1703 } });
    const third = work({ n: 1 });
    expect(jobs.start(third.request)).toMatchObject({ id, error: undefined });
    await third.work.started;
    const done = ended(jobs, id);
    third.work.finish('m');
    await done;
    expect(jobs.start(work({ n: 1 }).request).id).not.toBe(id);
    await jobs.close();
  });

  it('have ids that no job of the home has had, and files of the owner alone', async () => {
    const { open, folder } = await setUpKept();
    const jobs = open();
    const ids = [jobs.start(new ManualWork().request('x')).id, jobs.start(work(1).request).id];
    expect(ids).toEqual(['pull-1', 'convert-2']);
    expect(open().start(new ManualWork().request('y')).id).toBe('pull-3');
    expect((await stat(path.join(folder, 'convert-2.json'))).mode & 0o777).toBe(0o600);
    await jobs.close();
  });

  it('are left out when their record is damaged, and cannot be resumed without their kind', async () => {
    const { open, folder } = await setUpKept();
    const jobs = open();
    const { id } = jobs.start(work(1).request);
    await jobs.close();
    expect(() => open().resume(id)).toThrow('nothing of it was kept');
    await writeFile(path.join(folder, `${id}.json`), '{"recordVersion":1,');
    expect(open().list()).toEqual([]);
    expect(() => open().get(id)).toThrow(id);
  });
});
