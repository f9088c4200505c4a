/** What the RPC handlers ask for, given by the parts of the backend. */
import { verifyDevice } from './verifyDevice.ts';
import type { Config } from './config.ts';
import { planConversion, startConversion } from './jobs/convertJob.ts';
import { PredictionJobs } from './jobs/predictJob.ts';
import { startPull } from './jobs/pullJob.ts';
import { startToolchainInstall } from './jobs/toolchainJob.ts';
import { lastReport, startVerify } from './jobs/verifyJob.ts';
import type { Parts } from './parts.ts';
import { locateModel } from './models/modelService.ts';
import { buildOptionsOf } from './prediction/build.ts';
import type { Services } from './rpc/services.ts';
import type { TokenStore } from './security/tokens.ts';
import { predictEstimated } from './timeModel/predictCompiled.ts';
import { removeToolchain } from './toolchain/remove.ts';
import { toolchainStatus } from './toolchain/status.ts';
import { defaultVerifyEdges } from './verification/verify.ts';

export interface ServiceEvents {
  /** The token of that name is worthless from now on. */
  readonly onRevoked: (name: string) => void;
  readonly stop: () => void;
}

/** A request has no way to report; a job has. */
const silent = { onProgress: () => undefined, onNotice: () => undefined };

export function createServices(
  { home, engine, models, store, loader, jobs, chat, completion, raw, report, metricsText }: Parts,
  tokens: TokenStore,
  { libsophon }: Pick<Config, 'libsophon'>,
  on: ServiceEvents,
): Services {
  const verifyEdges = defaultVerifyEdges(verifyDevice({ libsophon }));
  const predictions = new PredictionJobs(jobs, store);
  return {
    engine,
    chat,
    completion,
    raw,
    models: {
      ...models,
      load: async (name) => {
        await loader.load(name);
      },
    },
    jobs: {
      pull: (params) => startPull(jobs, store, params),
      list: () => jobs.list(),
      get: (id) => jobs.get(id),
      cancel: (id) => jobs.cancel(id),
      resume: (id) => jobs.resume(id),
      log: async (id, from) => jobs.log(id, from),
    },
    conversion: {
      plan: async (params) => planConversion(store, params),
      start: async (params) => startConversion(jobs, store, params),
    },
    toolchain: {
      status: async (signal) => toolchainStatus(home, process.env, signal),
      install: (params) => startToolchainInstall(jobs, home, params),
      remove: async (signal) => removeToolchain(home, silent, signal, process.env),
    },
    prediction: {
      estimate: async ({ source, options }) =>
        predictEstimated(await locateModel(store, source), buildOptionsOf(options)),
      start: async (params) => predictions.start(params),
      result: (job) => predictions.result(job),
    },
    verification: {
      start: (params) => startVerify(jobs, store, params, verifyEdges),
      report: (model) => lastReport(store, model),
    },
    tokens: {
      create: async (params) => tokens.create(params),
      list: () => tokens.list(),
      revoke: async (name) => {
        try {
          await tokens.revoke(name);
        } finally {
          on.onRevoked(name);
        }
      },
    },
    status: async () => report.status(),
    metricsText,
    stop: on.stop,
  };
}
