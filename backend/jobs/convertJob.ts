/** `convert/*`: converting a model as a job that can be taken up again. */
import { convert, type ConversionEdges } from '../conversion/convert.ts';
import { defaultPlanEdges, describePlan, prepareConversion } from '../conversion/plan.ts';
import path from 'node:path';
import type { ModelStore } from '../models/store.ts';
import { ConvertParams, type ConversionPlan } from '../protocol/conversion.ts';
import { PilotError } from '../protocol/errors.ts';
import type { JobInfo } from '../protocol/jobs.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import type { JobParams, JobRequest, JobService } from './jobService.ts';

export const defaultConversionEdges = (env: NodeJS.ProcessEnv): ConversionEdges => ({
  ...defaultPlanEdges(env),
  now: () => performance.now(),
});

/** @throws PilotError what `prepareConversion` throws: the source is none */
export async function planConversion(
  store: ModelStore,
  params: ConvertParams,
  edges: ConversionEdges = defaultConversionEdges(process.env),
): Promise<ConversionPlan> {
  return describePlan(await prepareConversion(store, params, edges));
}

/**
 * Answers with the job when nothing stands in its way; the same conversion that is under way is
 * answered again, and one that did not get to its end goes on.
 * @throws PilotError what `prepareConversion` throws, or the first of its problems; draining
 */
export async function startConversion(
  jobs: JobService,
  store: ModelStore,
  params: ConvertParams,
  edges: ConversionEdges = defaultConversionEdges(process.env),
): Promise<JobInfo> {
  const [problem] = (await prepareConversion(store, params, edges)).problems;
  if (problem) throw problem;
  return jobs.start(conversionRequest(store, params, edges));
}

/** For a record of an earlier backend. @throws PilotError internalError for params that are none */
export function conversionFactory(
  store: ModelStore,
  edges: ConversionEdges = defaultConversionEdges(process.env),
): (params: JobParams) => JobRequest {
  return (params) => {
    const parsed = ConvertParams.safeParse(params);
    if (!parsed.success) throw new PilotError('internalError', {}, { cause: parsed.error });
    return conversionRequest(store, parsed.data, edges);
  };
}

function conversionRequest(
  store: ModelStore,
  params: ConvertParams,
  edges: ConversionEdges,
): JobRequest {
  return {
    kind: 'convert',
    title: jobSentence('convertModel', { model: path.basename(params.source) }),
    key: JSON.stringify(['convert', params]),
    // By way of text: what is undefined is not there.
    params: JSON.parse(JSON.stringify(params)) as JobParams,
    run: async (control) => (await convert(store, params, control, control.signal, edges)).id,
  };
}
