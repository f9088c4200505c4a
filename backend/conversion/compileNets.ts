/** Compiles every net of a plan that is not compiled yet, several at a time. */
import path from 'node:path';
import * as z from 'zod';
import { FormatError } from '../formats/fileCursor.ts';
import { readBmodel } from '../formats/bmodel.ts';
import { PilotError } from '../protocol/errors.ts';
import { CompileLog } from './compileLog.ts';
import type { Compiler } from './compiler.ts';
import { namesOnChips } from './nets.ts';
import type { WorkFolder } from './work.ts';

const Name = z.string().regex(/^[a-z_\d]+$/u);
const Task = z.object({ name: Name, arguments: z.array(z.string()) });
type Task = z.infer<typeof Task>;

/** What python/lower.py says when it has made every graph. */
export const CompilePlan = z.object({
  kind: z.literal('plan'),
  /** All nets of one stage may be compiled at once, but after those of the stages before. */
  stages: z.array(z.array(Task)),
  /** Names in the order in which they become one file. */
  combine: z.array(Name).min(1),
  /** Of those, the ones whose weights no other has. */
  distinct: z.array(Name),
});
export type CompilePlan = z.infer<typeof CompilePlan>;

export interface CompileListener {
  /** Once for each net that was compiled before. */
  onSkipped(name: string): void;
  onStarted(name: string): void;
  onDone(name: string): void;
}

/**
 * @param workers compilations at once
 * @throws PilotError conversionFailed, conversionIncomplete naming the net; diskFull, cancelled
 */
export async function compileNets(
  compiler: Compiler,
  work: WorkFolder,
  plan: CompilePlan,
  workers: number,
  listener: CompileListener,
): Promise<void> {
  for (const stage of plan.stages) {
    const waiting: Task[] = [];
    for (const task of stage) {
      if (await work.isDone(task.name)) listener.onSkipped(task.name);
      else waiting.push(task);
    }
    const results = await Promise.allSettled(
      Array.from({ length: workers }, async (_, worker) => {
        for (let task = waiting.shift(); task; task = waiting.shift()) {
          listener.onStarted(task.name);
          try {
            await compile(compiler, work, task, worker);
          } catch (error) {
            // The others end what they have begun, which the next run then need not do.
            waiting.length = 0;
            throw error;
          }
          listener.onDone(task.name);
        }
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

async function compile(
  compiler: Compiler,
  work: WorkFolder,
  { name, arguments: args }: Task,
  worker: number,
): Promise<void> {
  const printed = new CompileLog();
  await compiler.run(name, 'run_tool.py', ['model_deploy.py', ...args], {
    cwd: path.join(work.nets, name),
    worker,
    onLine: (line) => printed.add(line),
  });
  const reason = printed.problem ?? (await fileProblem(work.netFile(name), name));
  if (reason !== undefined) throw new PilotError('conversionIncomplete', { part: name, reason });
  await work.finish(name);
}

async function fileProblem(file: string, name: string): Promise<string | undefined> {
  try {
    const { nets, devices } = await readBmodel(file);
    const found = nets.map((net) => net.name);
    // Further lengths of a net have its name.
    const base = /^(block_cache_\d+)_\d+$/u.exec(name)?.[1] ?? name;
    const isRight = found.join() === namesOnChips(base, devices).join();
    return isRight ? undefined : `its file holds the nets ${found.join(', ')}`;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    return 'it wrote no file';
  }
}
