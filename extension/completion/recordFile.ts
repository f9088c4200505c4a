/**
 * The record on disk. Each window counts for itself and adds its counts to the file now and then,
 * under a lock, so that several windows lose nothing of each other's.
 */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { PilotError } from '../../backend/protocol/errors.ts';
import { systemAfter, type After, type Timer } from '../clock.ts';
import { CompletionRecord, emptyRecord, merge, record, type RecordEvent } from './record.ts';

const FLUSH_MS = 30_000;
/** Far above what a full record takes: a larger file is not ours. */
const MAX_BYTES = 8 * 1024 * 1024;

export interface RecordFileOptions {
  readonly now?: () => Date;
  readonly after?: After;
  /** Told what went wrong; counting goes on. */
  readonly onError?: (error: unknown) => void;
}

export class RecordFile {
  private pending: CompletionRecord | undefined;
  private timer: Timer | undefined;
  private work: Promise<unknown> = Promise.resolve();
  private readonly now: () => Date;
  private readonly after: After;
  private readonly onError: (error: unknown) => void;

  constructor(
    private readonly path: string,
    {
      now = () => new Date(),
      after = systemAfter,
      onError = () => undefined,
    }: RecordFileOptions = {},
  ) {
    this.now = now;
    this.after = after;
    this.onError = onError;
  }

  /** Counts at once, writes later. */
  add(languageId: string, event: RecordEvent): void {
    const at = this.now();
    this.pending = record(this.pending ?? emptyRecord(at), at, languageId, event);
    this.timer ??= this.after(FLUSH_MS, () => void this.flush());
  }

  /** What all windows have written so far, with what this one has counted. Never rejects. */
  async read(): Promise<CompletionRecord> {
    await this.flush();
    const kept = (await this.load()) ?? emptyRecord(this.now());
    return this.pending ? merge(kept, this.pending) : kept;
  }

  /** Adds what was counted to the file; on failure it is kept for the next time. Never rejects. */
  async flush(): Promise<void> {
    this.timer?.dispose();
    this.timer = undefined;
    await this.enqueue(async () => {
      const { pending } = this;
      if (!pending) return;
      this.pending = undefined;
      try {
        await this.locked(async () => {
          const kept = await this.load();
          // Deleted since, in another window: what was counted before that goes too.
          if (kept && kept.since > pending.since) return;
          await this.save(kept ? merge(kept, pending) : pending);
        });
      } catch (error) {
        this.putBack(pending);
        this.onError(error);
      }
    });
  }

  /**
   * Forgets everything, on disk and in this window.
   * @throws PilotError homeNotWritable
   */
  async clear(): Promise<void> {
    this.pending = undefined;
    await this.enqueue(() => this.locked(() => this.save(emptyRecord(this.now()))));
  }

  /** Before what was counted since. */
  private putBack(counted: CompletionRecord): void {
    this.pending = this.pending ? merge(counted, this.pending) : counted;
  }

  /** One after the other, whether or not the one before failed. */
  private enqueue(task: () => Promise<void>): Promise<void> {
    const done = this.work.then(task);
    this.work = done.catch(() => undefined);
    return done;
  }

  private async locked(task: () => Promise<void>): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true });
      const retries = { retries: 20, minTimeout: 20, maxTimeout: 200 };
      const release = await lock(this.path, { realpath: false, stale: 10_000, retries });
      try {
        await task();
      } finally {
        await release();
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PilotError('homeNotWritable', { path: this.path, reason }, { cause: error });
    }
  }

  /** Undefined when there is none, or none that can be used. */
  private async load(): Promise<CompletionRecord | undefined> {
    try {
      if ((await stat(this.path)).size > MAX_BYTES) return undefined;
      return CompletionRecord.parse(JSON.parse(await readFile(this.path, 'utf8')));
    } catch {
      return undefined;
    }
  }

  private async save(saved: CompletionRecord): Promise<void> {
    await writeFileAtomic(this.path, JSON.stringify(saved), { mode: 0o600 });
  }
}
