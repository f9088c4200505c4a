/**
 * `jobs/` in the home folder: a record for each job that can be taken up again, a log for each job,
 * and the number of the last one, so that an id never means two jobs. For the owner's eyes.
 */
import {
  appendFileSync,
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import { toPlainText } from '../formats/plainText.ts';
import { JobInfo, JobStep, type JobLog } from '../protocol/jobs.ts';

const JobRecord = z.object({
  recordVersion: z.literal(1),
  info: JobInfo,
  key: z.string(),
  /** What its kind needs to do the work again. */
  params: z.json(),
  steps: z.array(JobStep).default([]),
});
export type JobRecord = z.infer<typeof JobRecord>;

const RECORD = /^[a-z]+-\d+\.json$/u;
const COUNT_FILE = 'count';
/** Of one answer. */
const MOST_LINES = 1000;
const MOST_LINE_CHARACTERS = 2000;

/** Small files, and few: written at once, so that a backend that is killed has said how far it was. */
export class JobFiles {
  constructor(private readonly folder: string) {}

  /** In the order the jobs were started. Damaged records are left out. */
  readAll(): JobRecord[] {
    const records = this.#names().flatMap((name) => {
      const parsed = JobRecord.safeParse(this.#readJson(name));
      return parsed.success && `${parsed.data.info.id}.json` === name ? [parsed.data] : [];
    });
    return records.sort((a, b) => numberOf(a.info.id) - numberOf(b.info.id));
  }

  write(record: JobRecord): void {
    this.#replace(`${record.info.id}.json`, `${JSON.stringify(record)}\n`);
  }

  remove(id: string): void {
    for (const suffix of ['json', 'log']) rmSync(this.#path(`${id}.${suffix}`), { force: true });
  }

  /** A number that no job of this home has had. */
  nextNumber(): number {
    const written = Number(this.#readJson(COUNT_FILE) ?? 0);
    const known = this.#names().map((name) => numberOf(name));
    const next = Math.max(Number.isInteger(written) ? written : 0, ...known) + 1;
    this.#replace(COUNT_FILE, `${next}\n`);
    return next;
  }

  log(id: string, line: string): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const text = toPlainText(line, MOST_LINE_CHARACTERS);
    appendFileSync(this.#path(`${id}.log`), `${text}\n`, { mode: 0o600 });
  }

  /** Lines from number `from` on; none when there is no log. */
  async readLog(id: string, from: number): Promise<JobLog> {
    const lines: string[] = [];
    let number = 0;
    const input = createReadStream(this.#path(`${id}.log`));
    try {
      for await (const line of createInterface({ input, crlfDelay: Infinity })) {
        if (number++ < from) continue;
        lines.push(line);
        if (lines.length === MOST_LINES) break;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    } finally {
      input.destroy();
    }
    return { lines, next: from + lines.length };
  }

  #names(): string[] {
    try {
      return readdirSync(this.folder).filter((name) => RECORD.test(name));
    } catch {
      return [];
    }
  }

  #readJson(name: string): unknown {
    try {
      return JSON.parse(readFileSync(this.#path(name), 'utf8'));
    } catch {
      return undefined;
    }
  }

  #replace(name: string, text: string): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    writeFileAtomic.sync(this.#path(name), text, { mode: 0o600 });
  }

  #path(name: string): string {
    return path.join(this.folder, name);
  }
}

function numberOf(id: string): number {
  return Number(/-(\d+)/u.exec(id)?.[1] ?? 0);
}
