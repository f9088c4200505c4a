/** `tpu-pilot job …`: long work of the backend, such as conversions. */
import type { Command } from 'commander';
import type { JobInfo } from '../protocol/jobs.ts';
import { columns } from './columns.ts';
import { addCommand, withBackend, type CommonOptions } from './command.ts';
import { followJob } from './followJob.ts';
import { printResult, type Io } from './io.ts';

/** Registers `job list`, `log`, `cancel` and `resume`. Actions reject with PilotError or RemoteError. */
export function registerJobCommands(program: Command, io: Io): void {
  const job = program.command('job').description('long work of the backend, such as conversions');

  addCommand(job, 'list', 'jobs that wait, run or have ended').action((options: CommonOptions) =>
    withBackend(io, options, async (client) => {
      const { jobs } = await client.request('job/list', null);
      printResult(io, options.json ?? false, { jobs }, jobTable(jobs));
    }),
  );

  addCommand(job, 'log <job>', 'what the tools of a job have printed').action(
    (id: string, options: CommonOptions) =>
      withBackend(io, options, async (client) => {
        for (let from = 0; ;) {
          const { lines, next } = await client.request('job/log', { job: id, from });
          if (lines.length === 0) break;
          const text = lines.map((line) => (options.json ? JSON.stringify({ line }) : line));
          io.stdout.write(`${text.join('\n')}\n`);
          from = next;
        }
      }),
  );

  addCommand(job, 'cancel <job>', 'stop a job; what it has done is kept').action(
    (id: string, options: CommonOptions) =>
      withBackend(io, options, async (client) => {
        const info = await client.request('job/cancel', { job: id });
        printResult(io, options.json ?? false, info, `${info.id}: ${info.title}`);
      }),
  );

  addCommand(job, 'resume <job>', 'go on with a job that did not get to its end').action(
    (id: string, options: CommonOptions) =>
      withBackend(io, options, async (client) => {
        const info = await client.request('job/resume', { job: id });
        const end = await followJob(io, client, info);
        printResult(io, options.json ?? false, end, `${end.id}: ${end.step}`);
      }),
  );
}

function jobTable(jobs: readonly JobInfo[]): string {
  if (jobs.length === 0) return 'No jobs.';
  const rows = jobs.map(({ id, state, title, step, error, fraction }) => [
    id,
    state,
    fraction === undefined ? '' : `${Math.floor(fraction * 100)} %`,
    title,
    error?.message ?? step,
  ]);
  return columns([['JOB', 'STATE', 'DONE', 'WHAT', 'STEP'], ...rows]);
}
