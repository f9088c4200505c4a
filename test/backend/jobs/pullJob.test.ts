import { describe, expect, it } from 'vitest';
import { JobService } from '../../../backend/jobs/jobService.ts';
import { startPull } from '../../../backend/jobs/pullJob.ts';
import { ModelStore } from '../../../backend/models/store.ts';
import { buildGguf } from '../../support/ggufFile.ts';
import { HubServer, stallAfter } from '../../support/hubServer.ts';
import { createEdges } from '../../support/pullHarness.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const gguf = buildGguf();

async function setUp() {
  const hub = await HubServer.start();
  const store = new ModelStore(await temporaryFolder());
  const unexpected: unknown[] = [];
  const jobs = new JobService({ now: () => 0, onUnexpected: (error) => unexpected.push(error) });
  const edges = createEdges();
  const pull = (source: string, alias?: string) =>
    startPull(jobs, store, { source, alias }, () => edges);
  const ended = (id: string): Promise<void> =>
    new Promise((resolve) => {
      jobs.onChanged((job) => {
        if (job.id === id && job.state !== 'queued' && job.state !== 'running') resolve();
      });
    });
  return { hub, store, jobs, unexpected, pull, ended };
}

describe('startPull', () => {
  it('makes a model in the background', async () => {
    const { hub, store, jobs, pull, ended } = await setUp();
    hub.host('/m.gguf?key=s3cret', gguf);
    const job = pull(`${hub.url}/m.gguf?key=s3cret`, 'mine');
    expect(job.title).toBe(`Get ${hub.url}/m.gguf`);
    await ended(job.id);
    expect(jobs.get(job.id)).toMatchObject({ state: 'done', model: 'm' });
    expect((await store.get('mine')).id).toBe('m');
    expect(JSON.stringify(jobs.list())).not.toContain('s3cret');
  });

  it('ends with the error of the pull', async () => {
    const { hub, jobs, pull, ended, unexpected } = await setUp();
    const job = pull(`${hub.url}/none.gguf`);
    await ended(job.id);
    expect(jobs.get(job.id)).toMatchObject({ state: 'failed', error: { code: 1210 } });
    expect(unexpected).toEqual([]);
  });

  it('is cancelled within the download', async () => {
    const { hub, store, jobs, pull, ended } = await setUp();
    const { answer, reached } = stallAfter(10);
    hub.host('/m.gguf', gguf, answer);
    const job = pull(`${hub.url}/m.gguf`);
    const end = ended(job.id);
    await reached;
    jobs.cancel(job.id);
    await end;
    expect(jobs.get(job.id).state).toBe('cancelled');
    expect(await store.list()).toEqual([]);
  });

  it.each([
    ['ftp://x/y', 'not known'],
    ['models/m.gguf', 'absolute'],
  ])('refuses %s at once', async (source, reason) => {
    const { jobs, pull } = await setUp();
    expect(() => pull(source)).toThrow(reason);
    expect(jobs.list()).toEqual([]);
  });
});
