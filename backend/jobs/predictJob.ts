/** `predict/start` and `predict/result`: a prediction that compiles a layer, as a job. */
import { locateModel } from '../models/modelService.ts';
import type { ModelStore } from '../models/store.ts';
import { buildOptionsOf } from '../prediction/build.ts';
import { PilotError } from '../protocol/errors.ts';
import type { JobInfo } from '../protocol/jobs.ts';
import type { PredictStartParams } from '../protocol/predict.ts';
import type { Prediction } from '../protocol/prediction.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import type { CompileEdges } from '../timeModel/compileNets.ts';
import { predictBest, predictCompiled } from '../timeModel/predictCompiled.ts';
import type { JobService } from './jobService.ts';

/** Results that can still be asked for. */
const KEEP_RESULTS = 100;

export class PredictionJobs {
  readonly #results = new Map<string, Prediction>();
  readonly #keys = new Map<string, string>();

  constructor(
    private readonly jobs: JobService,
    private readonly store: ModelStore,
    private readonly edges: CompileEdges = { env: process.env },
  ) {}

  /**
   * Answers at once with the job; the same prediction that is under way is answered again.
   * @throws PilotError sourceInvalid, draining
   */
  async start({ source, options, isCompiled }: PredictStartParams): Promise<JobInfo> {
    const file = await locateModel(this.store, source);
    const key = JSON.stringify(['predict', file, options, isCompiled]);
    const predict = isCompiled ? predictCompiled : predictBest;
    const info = this.jobs.start({
      kind: 'predict',
      title: jobSentence('predictModel', { model: source }),
      key,
      run: async (control) => {
        this.#results.delete(key);
        const build = buildOptionsOf(options);
        this.#results.set(key, await predict(this.store.home, file, build, control, this.edges));
        forgetOldest(this.#results);
        return undefined;
      },
    });
    this.#keys.set(info.id, key);
    forgetOldest(this.#keys);
    return info;
  }

  /** @throws PilotError jobNotFound, jobHasNoResult */
  result(job: string): Prediction {
    const { state } = this.jobs.get(job);
    const result = this.#results.get(this.#keys.get(job) ?? '');
    if (state !== 'done' || !result) throw new PilotError('jobHasNoResult', { job, state });
    return result;
  }
}

function forgetOldest(kept: Map<string, unknown>): void {
  for (const key of kept.keys()) {
    if (kept.size <= KEEP_RESULTS) return;
    kept.delete(key);
  }
}
