/** What each method means: one call of a service. Validation and errors are connection.ts's. */
import type { ChatProgress } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import { PROTOCOL_VERSION } from '../protocol/handshake.ts';
import type {
  ClientNotification,
  NotificationOf,
  ParsedParamsOf,
  RequestMethod,
  ResultOf,
} from '../protocol/methods.ts';
import { version } from '../protocol/version.ts';
import type { Identity } from '../security/tokens.ts';
import type { Documents } from './documents.ts';
import type { Services } from './services.ts';

/** What a handler knows of the connection it serves. */
export interface Session {
  /** Unique in this process. */
  readonly id: string;
  readonly identity: Identity;
  readonly documents: Documents;
  /** @throws PilotError alreadyInitialized */
  initialize(client: { name: string; version?: string | undefined } | undefined): void;
  sendProgress(token: string | number, progress: ChatProgress): void;
  /** Closes the connection, saying it is well. */
  leave(): void;
  /** For what LSP gives no answer to. */
  warn(message: string): void;
}

export interface RequestContext {
  readonly session: Session;
  /** Aborted by `$/cancelRequest` and by the end of the connection. */
  readonly signal: AbortSignal;
}

export type RequestHandlers = {
  readonly [M in RequestMethod]: (
    params: ParsedParamsOf<M>,
    context: RequestContext,
  ) => ResultOf<M> | Promise<ResultOf<M>>;
};

export type NotificationHandlers = {
  readonly [N in ClientNotification]: (params: NotificationOf<N>, session: Session) => void;
};

export function createRequestHandlers(services: Services): RequestHandlers {
  const {
    chat,
    completion,
    conversion,
    engine,
    jobs,
    models,
    prediction,
    raw,
    tokens,
    toolchain,
    verification,
  } = services;
  return {
    initialize: ({ initializationOptions, clientInfo }, { session }) => {
      const client = initializationOptions.protocolVersion;
      if (client !== PROTOCOL_VERSION) {
        throw new PilotError('protocolMismatch', { client, server: PROTOCOL_VERSION });
      }
      session.initialize(clientInfo);
      const { role } = session.identity;
      return {
        capabilities: {
          textDocumentSync: { openClose: true, change: 2 },
          positionEncoding: 'utf-16',
          inlineCompletionProvider: true,
          experimental: { tpuPilot: { protocolVersion: PROTOCOL_VERSION, role } },
        },
        serverInfo: { name: 'tpu-pilot', version },
      };
    },
    shutdown: () => null,

    'textDocument/inlineCompletion': async (params, { session, signal }) => {
      const document = session.documents.get(params.textDocument.uri);
      return completion.complete(document, params, signal, session.id);
    },
    'chat/complete': async (params, { session, signal }) => {
      const token = params.partialResultToken;
      return chat.complete(
        params,
        (progress) => {
          if (token !== undefined) session.sendProgress(token, progress);
        },
        signal,
      );
    },

    'chat/countTokens': (params) => chat.countTokens(params),

    'generate/raw': async (params, { session, signal }) => {
      const token = params.partialResultToken;
      return raw.generate(
        params,
        (progress) => {
          if (token !== undefined) session.sendProgress(token, progress);
        },
        signal,
      );
    },

    'model/list': async () => ({ models: await models.list() }),
    'model/info': async ({ model }) => models.get(model),
    'model/pull': (params) => jobs.pull(params),
    'model/add': async (params) => models.add(params),
    'model/remove': async ({ model }) => {
      await models.remove(model);
      return null;
    },
    'model/load': async ({ model }) => {
      await models.load(model);
      return null;
    },

    'device/list': async () => ({ devices: await engine.devices() }),
    'toolchain/status': (_, { signal }) => toolchain.status(signal),
    'toolchain/install': (params) => toolchain.install(params),
    'toolchain/remove': async (_, { signal }) => {
      await toolchain.remove(signal);
      return null;
    },
    'convert/plan': async (params) => conversion.plan(params),
    'convert/start': async (params) => conversion.start(params),
    'predict/estimate': async (params) => prediction.estimate(params),
    'verify/start': (params) => verification.start(params),
    'verify/report': ({ model }) => verification.report(model),
    'predict/start': async (params) => prediction.start(params),
    'predict/result': ({ job }) => prediction.result(job),
    'job/list': () => ({ jobs: jobs.list() }),
    'job/get': ({ job }) => jobs.get(job),
    'job/cancel': ({ job }) => jobs.cancel(job),
    'job/resume': ({ job }) => jobs.resume(job),
    'job/log': async ({ job, from }) => jobs.log(job, from),

    'backend/status': async () => services.status(),
    'backend/stop': () => {
      services.stop();
      return null;
    },
    'metrics/snapshot': async () => ({ text: await services.metricsText() }),
    'token/create': async (params) => tokens.create(params),
    'token/list': () => ({ tokens: tokens.list() }),
    'token/revoke': async ({ name }) => {
      await tokens.revoke(name);
      return null;
    },
  };
}

export function createNotificationHandlers(
  completion: Services['completion'],
): NotificationHandlers {
  return {
    initialized: () => undefined,
    exit: (_, session) => session.leave(),
    'textDocument/didOpen': (params, session) => {
      if (session.documents.open(params)) return;
      session.warn('a document was not taken: too much is open');
    },
    'textDocument/didChange': (params, session) => {
      if (session.documents.change(params)) return;
      session.warn('a change was not taken: its document is not open, or too large');
    },
    'textDocument/didClose': ({ textDocument: { uri } }, session) => {
      session.documents.close(uri);
      completion.forget(session.id, uri);
    },
    'completion/shown': (params, session) => {
      completion.shown(params, session.id);
    },
    'completion/warm': (params, session) => {
      completion.warm(session.documents.get(params.textDocument.uri), params, session.id);
    },
  };
}
