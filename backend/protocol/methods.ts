/** Every request and notification a client may send, and who may send it. */
import * as z from 'zod';
import * as backend from './backend.ts';
import * as chat from './chat.ts';
import * as conversion from './conversion.ts';
import * as devices from './devices.ts';
import * as documents from './documents.ts';
import { InitializeParams, InitializeResult, type Role } from './handshake.ts';
import * as jobs from './jobs.ts';
import * as models from './models.ts';
import { PredictParams, PredictStartParams } from './predict.ts';
import { Prediction } from './prediction.ts';
import * as raw from './rawGeneration.ts';
import * as toolchain from './toolchain.ts';
import * as verification from './verification.ts';

interface RequestRow {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  readonly role: Role;
  readonly summary: string;
}

const Nothing = z.null();
const NoParams = z.looseObject({}).nullish();

/** Method name to schemas. LSP's own methods keep LSP's names. */
export const requests = {
  initialize: {
    params: InitializeParams,
    result: InitializeResult,
    role: 'user',
    summary: 'The first request on a connection: versions and capabilities.',
  },
  shutdown: {
    params: NoParams,
    result: Nothing,
    role: 'user',
    summary: 'LSP: the client is about to leave. The backend stays up.',
  },
  'textDocument/inlineCompletion': {
    params: documents.InlineCompletionParams,
    result: documents.InlineCompletionResult,
    role: 'user',
    summary: 'Text to insert at a position of an open document.',
  },
  'chat/complete': {
    params: chat.ChatParams,
    result: chat.ChatResult,
    role: 'user',
    summary: 'One answer to a conversation, streamed as $/progress.',
  },
  'chat/countTokens': {
    params: chat.CountTokensParams,
    result: chat.CountTokensResult,
    role: 'user',
    summary: 'How many tokens a text or a conversation takes, by the model’s own tokenizer.',
  },
  'generate/raw': {
    params: raw.RawParams,
    result: raw.RawResult,
    role: 'user',
    summary: 'What a model goes on with after a text or tokens, streamed as $/progress.',
  },
  'model/list': {
    params: NoParams,
    result: models.ModelList,
    role: 'user',
    summary: 'The models in the store.',
  },
  'model/info': {
    params: models.ModelName,
    result: models.ModelInfo,
    role: 'user',
    summary: 'One model, by alias or id.',
  },
  'model/pull': {
    params: models.PullParams,
    result: jobs.JobInfo,
    role: 'admin',
    summary: 'Start to get a model; the answer is the job that does it.',
  },
  'model/add': {
    params: models.AddParams,
    result: models.ModelInfo,
    role: 'admin',
    summary: 'Register a file or folder that is on the backend’s machine.',
  },
  'model/remove': {
    params: models.ModelName,
    result: Nothing,
    role: 'admin',
    summary: 'Delete a model from the store.',
  },
  'model/load': {
    params: models.ModelName,
    result: Nothing,
    role: 'admin',
    summary: 'Load a model of the store, or of an absolute path, and answer when a device has it.',
  },
  'device/list': {
    params: NoParams,
    result: devices.DeviceList,
    role: 'user',
    summary: 'Devices with their state, models and telemetry.',
  },
  'toolchain/status': {
    params: NoParams,
    result: toolchain.ToolchainStatus,
    role: 'admin',
    summary: 'What is installed of the vendor’s compiler, and whether all of it works.',
  },
  'toolchain/install': {
    params: toolchain.ToolchainInstallParams,
    result: jobs.JobInfo,
    role: 'admin',
    summary: 'Install, continue or repair the compiler; the answer is the job that does it.',
  },
  'toolchain/remove': {
    params: NoParams,
    result: Nothing,
    role: 'admin',
    summary: 'Delete the compiler and its environment.',
  },
  'convert/plan': {
    params: conversion.ConvertParams,
    result: conversion.ConversionPlan,
    role: 'admin',
    summary: 'What a conversion for the card would need and make, and what stands in its way.',
  },
  'convert/start': {
    params: conversion.ConvertParams,
    result: jobs.JobInfo,
    role: 'admin',
    summary: 'Convert a model for the card; the answer is the job that does it.',
  },
  'predict/estimate': {
    params: PredictParams,
    result: Prediction,
    role: 'admin',
    summary: 'What a model would need and do on a BM1684X, by formula, at once.',
  },
  'predict/start': {
    params: PredictStartParams,
    result: jobs.JobInfo,
    role: 'admin',
    summary:
      'Predict from the compiler’s own schedule of a layer; the answer is the job that does it.',
  },
  'predict/result': {
    params: jobs.JobName,
    result: Prediction,
    role: 'admin',
    summary: 'What a job of predict/start has found.',
  },
  'verify/start': {
    params: verification.VerifyParams,
    result: jobs.JobInfo,
    role: 'admin',
    summary: 'Compare a compiled model with its float model; the answer is the job that does it.',
  },
  'verify/report': {
    params: verification.VerifiedModel,
    result: verification.VerificationReport,
    role: 'admin',
    summary: 'What the last verification of a model has found.',
  },
  'job/list': {
    params: NoParams,
    result: jobs.JobList,
    role: 'admin',
    summary: 'Jobs that wait, run or have ended, also before the backend was restarted.',
  },
  'job/get': {
    params: jobs.JobName,
    result: jobs.JobDetails,
    role: 'admin',
    summary: 'One job, with its steps.',
  },
  'job/cancel': {
    params: jobs.JobName,
    result: jobs.JobInfo,
    role: 'admin',
    summary: 'Ask a job to stop; what it has done is kept for the next try.',
  },
  'job/resume': {
    params: jobs.JobName,
    result: jobs.JobInfo,
    role: 'admin',
    summary: 'Go on with a job that was interrupted, was cancelled or has failed.',
  },
  'job/log': {
    params: jobs.JobLogParams,
    result: jobs.JobLog,
    role: 'admin',
    summary: 'What a job’s tools have printed.',
  },
  'backend/status': {
    params: NoParams,
    result: backend.BackendStatus,
    role: 'user',
    summary: 'State, queue, devices and latency.',
  },
  'backend/stop': {
    params: NoParams,
    result: Nothing,
    role: 'admin',
    summary: 'Finish running answers, then exit.',
  },
  'metrics/snapshot': {
    params: NoParams,
    result: backend.MetricsSnapshot,
    role: 'user',
    summary: 'All metrics in Prometheus text format.',
  },
  'token/create': {
    params: backend.TokenCreateParams,
    result: backend.TokenCreated,
    role: 'admin',
    summary: 'A new named token, shown once.',
  },
  'token/list': {
    params: NoParams,
    result: backend.TokenList,
    role: 'admin',
    summary: 'Names and roles of the tokens.',
  },
  'token/revoke': {
    params: backend.TokenName,
    result: Nothing,
    role: 'admin',
    summary: 'Make a token worthless and close its connections.',
  },
} as const satisfies Record<string, RequestRow>;

export type RequestMethod = keyof typeof requests;
/** What a client passes. */
export type ParamsOf<M extends RequestMethod> = z.input<(typeof requests)[M]['params']>;
/** What a handler receives, with defaults filled in. */
export type ParsedParamsOf<M extends RequestMethod> = z.output<(typeof requests)[M]['params']>;
export type ResultOf<M extends RequestMethod> = z.output<(typeof requests)[M]['result']>;

interface RequestSchemas<M extends RequestMethod> {
  readonly params: { parse(raw: unknown): ParsedParamsOf<M> };
  readonly result: { parse(raw: unknown): ResultOf<M> };
}

/** Annotated so that generic code keeps a method's name and its types together. */
const schemasByMethod: { readonly [M in RequestMethod]: RequestSchemas<M> } = requests;

export function requestSchemas<M extends RequestMethod>(method: M): RequestSchemas<M> {
  return schemasByMethod[method];
}

/** Notifications from client to backend. A bad one is logged and dropped: LSP allows no answer. */
export const clientNotifications = {
  initialized: { params: NoParams, summary: 'LSP: the client is ready.' },
  exit: { params: NoParams, summary: 'LSP: close this connection.' },
  'textDocument/didOpen': { params: documents.DidOpenParams, summary: 'A document is open.' },
  'textDocument/didChange': { params: documents.DidChangeParams, summary: 'Its text changed.' },
  'textDocument/didClose': { params: documents.DidCloseParams, summary: 'It was closed.' },
  'completion/shown': {
    params: documents.CompletionShownParams,
    summary: 'A suggestion is on the screen; what follows it may be computed.',
  },
  'completion/warm': {
    params: documents.CompletionWarmParams,
    summary: 'Somebody may type there soon; the prompt may be computed.',
  },
} as const satisfies Record<string, { params: z.ZodType; summary: string }>;

export type ClientNotification = keyof typeof clientNotifications;
export type NotificationInput<N extends ClientNotification> = z.input<
  (typeof clientNotifications)[N]['params']
>;
export type NotificationOf<N extends ClientNotification> = z.output<
  (typeof clientNotifications)[N]['params']
>;

interface NotificationSchemas<N extends ClientNotification> {
  readonly params: { parse(raw: unknown): NotificationOf<N> };
}

const schemasByNotification: { readonly [N in ClientNotification]: NotificationSchemas<N> } =
  clientNotifications;

export function clientNotificationSchemas<N extends ClientNotification>(
  method: N,
): NotificationSchemas<N> {
  return schemasByNotification[method];
}
