/** What the handlers ask of the rest of the backend. The composition root gives the real ones. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { BackendStatus, TokenInfo } from '../protocol/backend.ts';
import type { ChatProgress, ChatResult, CountTokensResult } from '../protocol/chat.ts';
import type { InlineCompletionResult } from '../protocol/documents.ts';
import type { ConversionPlan, ConvertParams } from '../protocol/conversion.ts';
import type { JobDetails, JobInfo, JobLog } from '../protocol/jobs.ts';
import type { NotificationOf, ParsedParamsOf, ResultOf } from '../protocol/methods.ts';
import type { ModelService } from '../models/modelService.ts';
import type { PullParams } from '../protocol/models.ts';
import type { PredictParams, PredictStartParams } from '../protocol/predict.ts';
import type { Prediction } from '../protocol/prediction.ts';
import type { RawResult } from '../protocol/rawGeneration.ts';
import type { ToolchainInstallParams, ToolchainStatus } from '../protocol/toolchain.ts';
import type { VerificationReport, VerifyParams } from '../protocol/verification.ts';
import type { Engine } from '../scheduling/engine.ts';

interface ChatService {
  complete(
    params: ParsedParamsOf<'chat/complete'>,
    onProgress: (progress: ChatProgress) => void,
    signal: AbortSignal,
  ): Promise<ChatResult>;
  countTokens(params: ParsedParamsOf<'chat/countTokens'>): Promise<CountTokensResult>;
}

interface RawService {
  generate(
    params: ParsedParamsOf<'generate/raw'>,
    onProgress: (progress: ChatProgress) => void,
    signal: AbortSignal,
  ): Promise<RawResult>;
}

interface CompletionService {
  /** @param owner id of the connection, whose cached suggestions no other sees */
  complete(
    document: TextDocument,
    params: ParsedParamsOf<'textDocument/inlineCompletion'>,
    signal: AbortSignal,
    owner: string,
  ): Promise<InlineCompletionResult>;
  /** Computes what follows an item of the last answers, while nobody waits for the device. */
  shown(params: NotificationOf<'completion/shown'>, owner: string): void;
  /** Computes a prompt while nobody waits for the device; the newest of a connection counts. */
  warm(document: TextDocument, params: NotificationOf<'completion/warm'>, owner: string): void;
  /** Drops what is cached for one document of a connection, or for all of them. */
  forget(owner: string, uri?: string): void;
}

interface JobService {
  /** Answers with the job that does it. */
  pull(params: PullParams): JobInfo;
  list(): JobInfo[];
  get(id: string): JobDetails;
  cancel(id: string): JobInfo;
  resume(id: string): JobInfo;
  log(id: string, from: number): Promise<JobLog>;
}

export interface Services {
  readonly engine: Pick<Engine, 'devices'>;
  readonly chat: ChatService;
  readonly completion: CompletionService;
  readonly raw: RawService;
  readonly models: ModelService & {
    /** Loads a model of the store, or of an absolute path; resolves when it is ready. */
    load(name: string): Promise<void>;
  };
  readonly jobs: JobService;
  readonly conversion: {
    plan(params: ConvertParams): Promise<ConversionPlan>;
    /** Answers with the job that does it. */
    start(params: ConvertParams): Promise<JobInfo>;
  };
  readonly toolchain: {
    status(signal: AbortSignal): Promise<ToolchainStatus>;
    /** Answers with the job that does it. */
    install(params: ToolchainInstallParams): JobInfo;
    remove(signal: AbortSignal): Promise<void>;
  };
  readonly prediction: {
    estimate(params: PredictParams): Promise<Prediction>;
    /** Answers with the job that does it. */
    start(params: PredictStartParams): Promise<JobInfo>;
    result(job: string): Prediction;
  };
  readonly verification: {
    /** Answers with the job that does it. */
    start(params: VerifyParams): JobInfo;
    report(model: string): Promise<VerificationReport>;
  };
  readonly tokens: {
    create(params: ParsedParamsOf<'token/create'>): Promise<ResultOf<'token/create'>>;
    list(): TokenInfo[];
    /** Also closes the connections of that token. */
    revoke(name: string): Promise<void>;
  };
  status(): Promise<BackendStatus>;
  /** Metrics in Prometheus text format. */
  metricsText(): Promise<string>;
  /** Begins to drain, after the answer to this call. */
  stop(): void;
}
