/** GET requests to hubs: proxies, redirects, time limits, and what is worth another try. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type * as Undici from 'undici';
import type * as z from 'zod';
import { errorCode } from './disk.ts';

/** A request that failed. The message is a reason for `downloadFailed`, without secrets. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    /** The same request may work later. */
    readonly retryable: boolean,
    details: { status?: number; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

interface GetOptions {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpClient {
  /**
   * Follows redirects. Statuses below 400, and 416, are answers; the others are errors.
   * @throws FetchError, or the signal's reason
   */
  get(url: URL, options: GetOptions): Promise<HttpResponse>;
  /** A JSON answer of at most 16 MB that fits the schema. @throws FetchError */
  getJson<S extends z.ZodType>(url: URL, schema: S, options: GetOptions): Promise<z.output<S>>;
  close(): Promise<void>;
}

const MAX_REDIRECTS = 8;
const MAX_JSON_BYTES = 16 * 1024 * 1024;
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/** TLS, except on this machine. */
export function isAllowedUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** Honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as undici's EnvHttpProxyAgent reads them. */
export function createHttpClient(
  options: { connectTimeoutMs?: number; idleTimeoutMs?: number; env?: NodeJS.ProcessEnv } = {},
): HttpClient {
  const { connectTimeoutMs = 10_000, idleTimeoutMs = 30_000, env = process.env } = options;
  const noProxy = [env['no_proxy'] ?? env['NO_PROXY'] ?? '', ...loopbackHosts].join(',');
  let network: Promise<Network> | undefined;
  const open = (): Promise<Network> =>
    // Most backends never download, and the library takes as long to load as all else on start.
    (network ??= import('undici').then(({ EnvHttpProxyAgent, request }) => ({
      request,
      dispatcher: new EnvHttpProxyAgent({
        connect: { timeout: connectTimeoutMs },
        headersTimeout: idleTimeoutMs,
        bodyTimeout: idleTimeoutMs,
        noProxy,
        ...proxyOf('httpProxy', env['http_proxy'] ?? env['HTTP_PROXY']),
        ...proxyOf('httpsProxy', env['https_proxy'] ?? env['HTTPS_PROXY']),
      }),
    })));
  return {
    get: async (url, getOptions) => get(await open(), url, getOptions),
    getJson: async (url, schema, getOptions) => {
      const response = await get(await open(), url, getOptions);
      return parse(await readText(response.body, url, getOptions.signal), schema, url);
    },
    close: async () => {
      await (await network)?.dispatcher.destroy();
    },
  };
}

interface Network {
  readonly request: typeof Undici.request;
  readonly dispatcher: Undici.Dispatcher;
}

function proxyOf(key: 'httpProxy' | 'httpsProxy', value: string | undefined) {
  return value === undefined || value === '' ? {} : { [key]: value };
}

async function get(
  network: Network,
  start: URL,
  { signal, headers = {} }: GetOptions,
): Promise<HttpResponse> {
  let url = start;
  let sent = headers;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    if (!isAllowedUrl(url) || (isLoopback(url) && !isLoopback(start))) {
      throw new FetchError(`${url.origin} is not a safe address`, false);
    }
    const response = await getOnce(network, url, sent, signal);
    const { location } = response.headers;
    if (response.status < 300 || response.status > 399 || location === undefined) {
      return checkStatus(response, url);
    }
    response.body.destroy();
    const next = resolve(location, url);
    // A token is for the hub, not for the storage it points to.
    if (next.origin !== url.origin) sent = withoutAuthorization(sent);
    url = next;
  }
  throw new FetchError(`${start.host} redirects more than ${MAX_REDIRECTS} times`, false);
}

async function getOnce(
  { request, dispatcher }: Network,
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<HttpResponse> {
  try {
    const answer = await request(url, {
      dispatcher,
      signal,
      // A compressed body has neither the length nor the bytes that were announced.
      headers: { 'user-agent': 'tpu-pilot', 'accept-encoding': 'identity', ...headers },
    });
    // A body may be destroyed before anybody reads it; its late error is nobody's business.
    answer.body.on('error', () => undefined);
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  } catch (error) {
    signal.throwIfAborted();
    throw networkError(error, url);
  }
}

/** A fault of the connection, in words. Certificates do not mend by trying again. */
export function networkError(error: unknown, url: URL): FetchError {
  const code = errorCode(error) ?? '';
  const message = error instanceof Error && error.message !== '' ? error.message : code;
  const retryable = !/CERT|SIGNATURE|ERR_TLS|ENOTFOUND/u.test(code);
  return new FetchError(`${url.host}: ${message}`, retryable, { cause: error });
}

function checkStatus(response: HttpResponse, url: URL): HttpResponse {
  const { status, headers, body } = response;
  if (status < 300 || status === 416) return response;
  body.destroy();
  const retryable = status >= 500 || status === 429 || status === 408;
  throw new FetchError(`${url.host} answered ${status}`, retryable, {
    status,
    retryAfterMs: retryAfter(headers['retry-after']),
  });
}

/** The form in seconds; hubs do not send dates. */
function retryAfter(value: string | string[] | undefined): number | undefined {
  const seconds = Number(value);
  return value !== undefined && Number.isFinite(seconds) && seconds >= 0
    ? seconds * 1000
    : undefined;
}

async function readText(body: Readable, url: URL, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_JSON_BYTES) throw new FetchError(`${url.host} answered too much`, false);
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof FetchError ? error : networkError(error, url);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse<S extends z.ZodType>(text: string, schema: S, url: URL): z.output<S> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FetchError(`${url.host} did not answer with JSON`, false, { cause: error });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new FetchError(`${url.host} answered in a form that is not known`, false, {
    cause: parsed.error,
  });
}

function resolve(location: string, base: URL): URL {
  try {
    return new URL(location, base);
  } catch {
    throw new FetchError(`${base.host} redirects to no valid address`, false);
  }
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'),
  );
}

function isLoopback(url: URL): boolean {
  return loopbackHosts.includes(url.hostname);
}
