/** One websocket frame to one JSON-RPC message, or to the one error that answers it. */
import type { NotificationMessage, RequestMessage } from 'vscode-jsonrpc';
import * as z from 'zod';
import { PilotError } from '../protocol/errors.ts';

/** An id that a reply can carry; JSON-RPC 2.0 section 4 discourages null and fractions. */
const Id = z.union([z.string().max(256), z.number().int()]);
export type RequestId = z.infer<typeof Id>;

/** JSON-RPC has structured params only; some libraries send null for none. */
const Params = z.union([z.array(z.unknown()), z.looseObject({}), z.null()]).optional();
const Method = z.string().min(1);
const Version = z.literal('2.0');
const Absent = z.undefined().optional();

/** vscode-jsonrpc reads this one's id without a look. */
const CancelParams = z.looseObject({ id: Id });

const Request = z.looseObject({ jsonrpc: Version, id: Id, method: Method, params: Params });
const Notification = z.looseObject({
  jsonrpc: Version,
  id: Absent,
  method: Method,
  params: Params,
});
/** The backend asks its clients nothing, so there is nothing to match an answer with. */
const Response = z.looseObject({ jsonrpc: Version, id: Id.nullable(), method: Absent });

export type Frame =
  | { readonly kind: 'request'; readonly message: RequestMessage & { id: RequestId } }
  | { readonly kind: 'notification'; readonly message: NotificationMessage }
  /** Of no use, and not to be answered. */
  | { readonly kind: 'ignored'; readonly why: string }
  /** To be answered with this error; the id is null where it cannot be known. */
  | { readonly kind: 'bad'; readonly error: PilotError; readonly id: RequestId | null };

export function readFrame(data: Buffer, binary: boolean, maxBytes: number): Frame {
  if (binary) return bad(new PilotError('unsupportedFrame'));
  if (data.length > maxBytes) return bad(new PilotError('frameTooLarge', { limit: maxBytes }));
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    // Not as a cause: the parser's own message quotes the text.
    return bad(new PilotError('parseError'));
  }
  return readMessage(value);
}

function readMessage(value: unknown): Frame {
  const request = Request.safeParse(value);
  if (request.success) {
    const { id, method, params } = request.data;
    return { kind: 'request', message: { jsonrpc: '2.0', id, method, ...given(params) } };
  }
  const notification = Notification.safeParse(value);
  if (notification.success) {
    const { method, params } = notification.data;
    if (method === '$/cancelRequest' && !CancelParams.safeParse(params).success) {
      return { kind: 'ignored', why: 'a cancellation of nothing' };
    }
    return { kind: 'notification', message: { jsonrpc: '2.0', method, ...given(params) } };
  }
  if (isResponse(value)) return { kind: 'ignored', why: 'a response to nothing' };
  return bad(new PilotError('invalidRequest'), idOf(value));
}

/** vscode-jsonrpc tells absent params from null ones; to the methods they are the same. */
function given(params: z.infer<typeof Params>): { params?: object | unknown[] } {
  return params === undefined || params === null ? {} : { params };
}

function isResponse(value: unknown): boolean {
  const response = Response.safeParse(value);
  return response.success && ('result' in response.data || 'error' in response.data);
}

function idOf(value: unknown): RequestId | null {
  return z.looseObject({ id: Id }).safeParse(value).data?.id ?? null;
}

function bad(error: PilotError, id: RequestId | null = null): Frame {
  return { kind: 'bad', error, id };
}
