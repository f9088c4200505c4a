/** Typed requests over any JSON-RPC connection: our own, or the one inside a LanguageClient. */
import { randomUUID } from 'node:crypto';
import {
  CancellationTokenSource,
  ProgressType,
  type CancellationToken,
  type Disposable,
} from 'vscode-jsonrpc';
import { ChatProgress, type ChatResult } from '../protocol/chat.ts';
import {
  requestSchemas,
  type ParamsOf,
  type RequestMethod,
  type ResultOf,
} from '../protocol/methods.ts';
import type { RawResult } from '../protocol/rawGeneration.ts';
import { asClientError } from './remoteError.ts';

/** What MessageConnection and LanguageClient have in common. */
export interface RpcSender {
  sendRequest(method: string, params: unknown, token?: CancellationToken): Promise<unknown>;
  onProgress(
    type: ProgressType<unknown>,
    token: string | number,
    handler: (value: unknown) => void,
  ): Disposable;
}

/**
 * Sends one request and checks its result. An aborted signal asks the backend to cancel; the
 * request still settles by its one reply, which for a generation holds the text so far.
 * @throws RemoteError, or PilotError connectionLost
 */
export async function request<M extends RequestMethod>(
  rpc: RpcSender,
  method: M,
  params: ParamsOf<M>,
  signal?: AbortSignal,
): Promise<ResultOf<M>> {
  const source = new CancellationTokenSource();
  const cancel = (): void => source.cancel();
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    // vscode-jsonrpc would send null as an array that holds it.
    const result = await rpc.sendRequest(method, params ?? {}, source.token);
    return requestSchemas(method).result.parse(result);
  } catch (error) {
    throw asClientError(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
    source.dispose();
  }
}

/** `chat/complete` with its stream: `onProgress` is called in order, never after the result. */
export async function streamChat(
  rpc: RpcSender,
  params: Omit<ParamsOf<'chat/complete'>, 'partialResultToken'>,
  onProgress: (progress: ChatProgress) => void,
  signal?: AbortSignal,
): Promise<ChatResult> {
  return withProgress(rpc, onProgress, (partialResultToken) =>
    request(rpc, 'chat/complete', { ...params, partialResultToken }, signal),
  );
}

/** `generate/raw` with its stream, likewise. */
export async function streamRaw(
  rpc: RpcSender,
  params: Omit<ParamsOf<'generate/raw'>, 'partialResultToken'>,
  onProgress: (progress: ChatProgress) => void,
  signal?: AbortSignal,
): Promise<RawResult> {
  return withProgress(rpc, onProgress, (partialResultToken) =>
    request(rpc, 'generate/raw', { ...params, partialResultToken }, signal),
  );
}

async function withProgress<T>(
  rpc: RpcSender,
  onProgress: (progress: ChatProgress) => void,
  work: (token: string) => Promise<T>,
): Promise<T> {
  const token = randomUUID();
  let listener: Disposable | undefined;
  try {
    listener = rpc.onProgress(new ProgressType(), token, (value) => {
      const progress = ChatProgress.safeParse(value);
      // A newer backend may send kinds that this client does not know.
      if (progress.success) onProgress(progress.data);
    });
    return await work(token);
  } catch (error) {
    throw asClientError(error);
  } finally {
    listener?.dispose();
  }
}
