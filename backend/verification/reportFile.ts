/** The report of the last verification, beside the model, and its summary in the manifest. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import { homePaths } from '../client/home.ts';
import { diskError, errorCode } from '../models/disk.ts';
import { withLock } from '../models/locks.ts';
import type { ModelStore } from '../models/store.ts';
import { PilotError } from '../protocol/errors.ts';
import { VerificationReport } from '../protocol/verification.ts';
import type { VerifyTarget } from './target.ts';

/** @throws PilotError notVerified when there is none, or one that is damaged or of another version */
export async function readReport({
  name,
  reportFile,
}: Pick<VerifyTarget, 'name' | 'reportFile'>): Promise<VerificationReport> {
  try {
    return VerificationReport.parse(JSON.parse(await readFile(reportFile, 'utf8')));
  } catch (cause) {
    const reason = errorCode(cause) === 'ENOENT' ? 'there is no report' : 'its report is damaged';
    throw new PilotError('notVerified', { model: name, reason }, { cause });
  }
}

/** @throws PilotError homeNotWritable, diskFull */
export async function writeReport(file: string, report: VerificationReport): Promise<void> {
  try {
    await writeFileAtomic(file, `${JSON.stringify(report)}\n`);
  } catch (error) {
    throw diskError(error, file) ?? error;
  }
}

/** Whatever else a manifest says is left as it is. */
const AnyManifest = z.looseObject({ manifestVersion: z.number() });

/** Notes in the manifest of a model folder, in the store or elsewhere, how the verification went. */
export async function summarize(
  { home }: Pick<ModelStore, 'home'>,
  file: string,
  { passed, on, threshold, createdAt }: VerificationReport,
): Promise<void> {
  const note = async (): Promise<void> => {
    const text = await readFile(file, 'utf8').catch(() => '{}');
    const manifest = AnyManifest.safeParse(JSON.parse(text));
    if (!manifest.success) return;
    const verification = { passed, on, threshold, createdAt };
    const changed = JSON.stringify({ ...manifest.data, verification }, null, 2);
    await writeFileAtomic(file, `${changed}\n`);
  };
  const { models } = homePaths(home);
  // The store changes its manifests under this lock.
  const isStored = path.dirname(path.dirname(file)) === models;
  await (isStored ? withLock(models, {}, note) : note());
}
