import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { attach } from '../../../backend/client/attach.ts';
import { JobService } from '../../../backend/jobs/jobService.ts';
import { PredictionJobs } from '../../../backend/jobs/predictJob.ts';
import { ModelStore } from '../../../backend/models/store.ts';
import { estimate } from '../../../backend/prediction/estimate.ts';
import type { JobInfo } from '../../../backend/protocol/jobs.ts';
import { PredictStartParams } from '../../../backend/protocol/predict.ts';
import { configOf } from '../../support/modelShapes.ts';
import { startBackend } from '../../support/startBackend.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function setUp() {
  const home = await temporaryFolder();
  const config = path.join(home, 'qwen.json');
  await writeFile(config, JSON.stringify(configOf('Qwen3-1.7B')));
  const jobs = new JobService({
    now: () => performance.now(),
    onUnexpected: () => expect.unreachable(),
  });
  const predictions = new PredictionJobs(jobs, new ModelStore(home), { env: {} });
  const ended = (id: string): Promise<JobInfo> =>
    new Promise((resolve) => {
      jobs.onChanged((job) => {
        if (job.id === id && ['done', 'failed', 'cancelled'].includes(job.state)) resolve(job);
      });
    });
  const start = (more: object = {}, source = config) =>
    predictions.start(PredictStartParams.parse({ source, ...more }));
  return { config, jobs, predictions, start, ended };
}

describe('a prediction as a job', () => {
  it('has its result when it is done, with a notice where it was only estimated', async () => {
    const { config, predictions, start, ended } = await setUp();
    const job = await start({ options: { quantization: 'w4bf16' } });
    expect(job).toMatchObject({ kind: 'predict', title: `Predict ${config}` });
    const end = await ended(job.id);
    expect(end).toMatchObject({ state: 'done', model: undefined });
    expect(end.notices).toEqual(['This is estimated, for the compiler is not installed.']);
    const { assumptions, ...result } = predictions.result(job.id);
    expect(assumptions.length).toBeGreaterThan(3);
    expect(result).toMatchObject({ build: { quantization: 'w4bf16' } });
    expect(result.firstToken).toEqual(
      (await estimate(config, { quantization: 'w4bf16' })).firstToken,
    );
  });

  it('is one job however often it is asked for, and another for other options', async () => {
    const { start } = await setUp();
    const [first, again, other] = await Promise.all([
      start(),
      start(),
      start({ options: { slots: 2 } }),
    ]);
    expect(again.id).toBe(first.id);
    expect(other.id).not.toBe(first.id);
  });

  it('fails with a remedy where only the compiler will do', async () => {
    const { predictions, start, ended } = await setUp();
    const job = await start({ isCompiled: true });
    expect((await ended(job.id)).error).toMatchObject({ code: 1601 });
    expect(() => predictions.result(job.id)).toThrow(
      `The job ${job.id} has no result: it is failed`,
    );
  });

  it('is refused for what is neither a model nor an absolute path', async () => {
    const { predictions, start } = await setUp();
    await expect(start({}, 'none')).rejects.toMatchObject({ errorName: 'sourceInvalid' });
    expect(() => predictions.result('predict-9')).toThrow('There is no job predict-9.');
  });
});

it('predictions are asked for over the socket', async () => {
  const { home } = await startBackend();
  const source = path.join(home, 'qwen.json');
  await writeFile(source, JSON.stringify(configOf('Qwen3-1.7B')));
  const client = await attach(home);
  if (!client) return expect.unreachable();
  const quick = await client.request('predict/estimate', { source, options: { slots: 2 } });
  expect(quick.build.slots).toBe(2);
  const { id } = await client.request('predict/start', { source, options: { slots: 2 } });
  await expect.poll(async () => (await client.request('job/get', { job: id })).state).toBe('done');
  expect(await client.request('predict/result', { job: id })).toEqual(quick);
  await client.close();
});
