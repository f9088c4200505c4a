/** The parts of a backend that know nothing of sockets, put together. */
import { ChatService } from './chat/chatService.ts';
import { CompletionService } from './completion/completionService.ts';
import { homePaths } from './client/home.ts';
import { conversionFactory } from './jobs/convertJob.ts';
import { JobFiles } from './jobs/jobFiles.ts';
import { JobService } from './jobs/jobService.ts';
import { LatencyWindow } from './latency.ts';
import type { Logger } from './logging.ts';
import { Metrics } from './metrics.ts';
import { ModelLoader } from './modelLoader.ts';
import { checkBeforeLoading } from './models/loadCheck.ts';
import { createModelService, type ModelService } from './models/modelService.ts';
import { ModelStore } from './models/store.ts';
import { RawGenerator } from './rawGenerator.ts';
import type { Engine } from './scheduling/engine.ts';
import type { EngineObserver } from './scheduling/observer.ts';
import { StatusReport } from './statusReport.ts';

export type CreateEngine = (logger: Logger, observer: EngineObserver) => Engine | Promise<Engine>;

export interface Parts {
  readonly home: string;
  readonly engine: Engine;
  readonly store: ModelStore;
  readonly models: ModelService;
  readonly loader: ModelLoader;
  readonly jobs: JobService;
  readonly chat: ChatService;
  readonly completion: CompletionService;
  readonly raw: RawGenerator;
  readonly report: StatusReport;
  readonly metricsText: () => Promise<string>;
}

/** Starts the device hosts. */
export async function createParts(
  home: string,
  logger: Logger,
  createEngine: CreateEngine,
  connections: () => number,
): Promise<Parts> {
  const metrics = new Metrics();
  const latency = new LatencyWindow();
  const engine = await createEngine(logger, {
    onRequestDone: (record) => {
      metrics.onRequestDone(record);
      latency.add(record);
    },
    onStep: (record) => metrics.onStep(record),
    onRestart: (device) => metrics.onRestart(device),
  });
  const store = new ModelStore(home);
  const models = createModelService(store, (id) => engine.models().some((one) => one.id === id));
  const loader = new ModelLoader({
    engine,
    models,
    check: async (model) => checkBeforeLoading(home, model),
    logger,
    onLoaded: (id, ms) => metrics.onModelLoaded(id, ms),
  });
  const problems = (): string[] => loader.problems;
  return {
    home,
    engine,
    store,
    models,
    loader,
    jobs: new JobService({
      now: () => performance.now(),
      onUnexpected: (error) => logger.error({ err: error }, 'job failed'),
      files: new JobFiles(homePaths(home).jobs),
      factories: { convert: conversionFactory(store) },
    }),
    chat: new ChatService(engine),
    completion: new CompletionService(engine, { log: logger }),
    raw: new RawGenerator(engine),
    report: new StatusReport({ home, engine, latency, problems, connections }),
    metricsText: async () =>
      metrics.text({
        ...engine.counts(),
        connections: connections(),
        devices: await engine.devices(),
      }),
  };
}
