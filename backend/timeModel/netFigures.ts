/** What a run of the compiler has told about a net, kept under the home folder. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import type { Bmodel } from '../formats/bmodel.ts';
import { FormatError } from '../formats/fileCursor.ts';
import { diskError } from '../models/disk.ts';
import { clocks } from '../prediction/predict.ts';
import { jobKey, type NetJob } from './nets.ts';
import { millisecondsAt, parseProfile } from './profile.ts';

const NetTime = z.object({
  /** By clock, in ms. */
  milliseconds: z.record(z.string(), z.number().positive()),
  memoryBytes: z.number().nonnegative(),
  operations: z.number().nonnegative(),
});
export type NetTime = z.infer<typeof NetTime>;

const NetFigures = z.object({
  /** Absent for a dynamic net, which has no schedule. */
  time: NetTime.optional(),
  /** In bytes of device memory. */
  memory: z.object({
    weights: z.array(z.object({ sha256: z.string(), bytes: z.number() })),
    instructions: z.number(),
    neuron: z.number(),
    io: z.number(),
    kernel: z.number(),
  }),
});
export type NetFigures = z.infer<typeof NetFigures>;

/** @param profile text of `compiler_profile_0.txt`; empty for a dynamic net. @throws FormatError */
export function figuresOf(profile: string, bmodel: Bmodel): NetFigures {
  const { memory, weights, nets } = bmodel;
  const isDynamic = nets.some(({ stages }) => stages.some((stage) => stage.isDynamic));
  if (profile === '' && !isDynamic) throw new FormatError('its profile is empty');
  return {
    ...(profile !== '' && { time: timeOf(profile) }),
    memory: {
      weights: weights.map(({ sha256 = '', size }) => ({ sha256, bytes: size })),
      instructions: memory.instructions,
      neuron: memory.neuron,
      io: memory.io,
      kernel: memory.kernel,
    },
  };
}

/** @throws FormatError */
function timeOf(text: string): NetTime {
  const profile = parseProfile(text);
  return {
    milliseconds: Object.fromEntries(
      clocks.map((clock) => [clock, millisecondsAt(profile, clock)]),
    ),
    memoryBytes: profile.memoryBytes,
    operations: profile.operations,
  };
}

/** Changes when what is kept, or how nets are written for the compiler, does. */
const VERSION = 1;

export class FiguresCache {
  /** @param compiler what tells this compiler from others */
  constructor(
    private readonly folder: string,
    private readonly compiler: string,
  ) {}

  /** Undefined when they are not there, or not readable. */
  async get(job: NetJob): Promise<NetFigures | undefined> {
    try {
      return NetFigures.parse(JSON.parse(await readFile(this.#file(job), 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** @throws PilotError homeNotWritable, diskFull */
  async put(job: NetJob, figures: NetFigures): Promise<void> {
    const file = this.#file(job);
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFileAtomic(file, `${JSON.stringify(figures)}\n`, { mode: 0o600 });
    } catch (error) {
      throw diskError(error, file) ?? error;
    }
  }

  #file(job: NetJob): string {
    const key = createHash('sha256')
      .update(JSON.stringify([VERSION, this.compiler, jobKey(job)]))
      .digest('hex');
    return path.join(this.folder, `${key}.json`);
  }
}
