import { describe, expect, it } from 'vitest';
import { attach } from '../../../backend/client/attach.ts';
import { JobService } from '../../../backend/jobs/jobService.ts';
import { startToolchainInstall } from '../../../backend/jobs/toolchainJob.ts';
import type { JobInfo } from '../../../backend/protocol/jobs.ts';
import { toolchainLayout } from '../../../backend/toolchain/layout.ts';
import { processesOf } from '../../../backend/toolchain/processTree.ts';
import { startBackend } from '../../support/startBackend.ts';
import { ToolchainHarness, type Misbehaviour } from '../toolchain/harness.ts';

async function start(misbehaviour: Misbehaviour = {}) {
  const toolchain = await ToolchainHarness.create();
  const jobs = new JobService({
    now: () => performance.now(),
    onUnexpected: () => expect.unreachable(),
  });
  const reports: JobInfo[] = [];
  const ended = new Promise<JobInfo>((resolve) => {
    jobs.onChanged((job) => {
      reports.push(job);
      if (['done', 'failed', 'cancelled'].includes(job.state)) resolve(job);
    });
  });
  const job = startToolchainInstall(jobs, toolchain.home, {}, toolchain.edges(misbehaviour));
  return { toolchain, jobs, job, reports, ended };
}

it('the compiler is asked for over the socket', async () => {
  const { home } = await startBackend();
  const client = await attach(home);
  const status = await client?.request('toolchain/status', null);
  expect(status).toMatchObject({ state: 'missing', folder: toolchainLayout(home).root });
  expect(await client?.request('toolchain/remove', null)).toBeNull();
  await client?.close();
});

describe.skipIf(process.platform !== 'linux')('installing the compiler as a job', () => {
  it('reports, ends without a model, and is one job however often it is asked for', async () => {
    const { toolchain, jobs, job, ended } = await start();
    const again = startToolchainInstall(jobs, toolchain.home, {}, toolchain.edges());
    expect(again.id).toBe(job.id);
    const end = await ended;
    expect(end).toMatchObject({ kind: 'toolchain', state: 'done', model: undefined });
    expect(end.notices[0]).toMatch(/^To download: 1\.5 GB/);
  });

  it('is cancelled with its processes', async () => {
    const { toolchain, jobs, job, ended } = await start({ hang: 'torch' });
    const id = `install:${toolchain.layout.root}`;
    await expect.poll(() => processesOf(id), { timeout: 15_000 }).toHaveLength(2);
    jobs.cancel(job.id);
    expect((await ended).state).toBe('cancelled');
    expect(await processesOf(id)).toStrictEqual([]);
  });

  it('fails with the sentence and the remedy of the command', async () => {
    const { ended } = await start({ broken: 'torch' });
    expect((await ended).error).toMatchObject({
      code: 1605,
      remedy: expect.stringContaining('repair') as string,
    });
  });
});
