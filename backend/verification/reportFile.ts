/** The report of the last verification, beside the model. */
import { readFile } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { diskError, errorCode } from '../models/disk.ts';
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
