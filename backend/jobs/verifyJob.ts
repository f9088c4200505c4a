/** `verify/*`: a verification as a job, and its report. */
import { requireAbsolute } from '../models/modelService.ts';
import type { ModelStore } from '../models/store.ts';
import { PilotError } from '../protocol/errors.ts';
import type { JobInfo } from '../protocol/jobs.ts';
import type { VerificationReport, VerifyParams } from '../protocol/verification.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { readReport } from '../verification/reportFile.ts';
import { findTarget } from '../verification/target.ts';
import { verifyModel, type VerifyEdges } from '../verification/verify.ts';
import type { JobService } from './jobService.ts';

/**
 * Answers at once with the job; the same verification that is under way is answered again. The job
 * is done also when the model fails: the report says so.
 * @throws PilotError draining; sourceInvalid for a relative path
 */
export function startVerify(
  jobs: JobService,
  store: ModelStore,
  params: VerifyParams,
  edges: VerifyEdges,
): JobInfo {
  for (const file of [params.input, params.reference, params.source]) {
    if (file !== undefined) requireAbsolute(file);
  }
  return jobs.start({
    kind: 'verify',
    title: jobSentence('verifyModel', { model: params.model }),
    key: JSON.stringify(['verify', params]),
    run: async (control) => {
      const report = await verifyModel(store, params, control, control.signal, edges);
      return report.model;
    },
  });
}

/** @throws PilotError notVerified, modelNotFound, sourceInvalid, modelInvalid */
export async function lastReport(store: ModelStore, model: string): Promise<VerificationReport> {
  return readReport(await findTarget(store, model));
}

/** @throws PilotError modelUnfaithful when the model has failed */
export function requirePassed({ passed, model, subModels, greedy }: VerificationReport): void {
  if (passed) return;
  const failed = [...subModels, ...greedy].filter((one) => !one.passed);
  const names = failed.map((one) => ('name' in one ? one.name : `answer to "${one.prompt}"`));
  const shown = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
  throw new PilotError('modelUnfaithful', { model, parts: shown || 'nothing was compared' });
}
