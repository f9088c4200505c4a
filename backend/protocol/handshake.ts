/** `initialize`: LSP 3.18's first request, carrying our own versions in the places LSP leaves free. */
import * as z from 'zod';

/**
 * Raised when a change breaks older clients. A client and a backend with different numbers refuse
 * each other with `protocolMismatch`.
 */
export const PROTOCOL_VERSION = 2;

/** Header of the upgrade request with the client's nonce: 32 to 128 hexadecimal digits. */
export const NONCE_HEADER = 'x-tpu-pilot-nonce';
/**
 * Header of the 101 answer: hex HMAC-SHA256 with key sha256(token) over "tpu-pilot-server:" + nonce.
 * The client sends no text before it has checked this proof.
 */
export const PROOF_HEADER = 'x-tpu-pilot-proof';
export const PROOF_PREFIX = 'tpu-pilot-server:';
/**
 * Where a client gets the same proof before it shows its token to anybody: a GET with NONCE_HEADER
 * and KEY_HEADER is answered 204 with PROOF_HEADER, or 401 when no token has that key id.
 */
export const PROOF_PATH = '/proof';
/** Names a token without revealing it: the first 16 hex digits of sha256(KEY_PREFIX + hex key). */
export const KEY_HEADER = 'x-tpu-pilot-key';
export const KEY_PREFIX = 'tpu-pilot-key:';

/** A longer message, in bytes of UTF-8, is answered with `frameTooLarge`. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
/** The backend pings every connection this often; a side that hears nothing for three is alone. */
export const HEARTBEAT_MS = 15_000;

export const Role = z.enum(['user', 'admin']);
export type Role = z.infer<typeof Role>;

/** The part of LSP's `InitializeParams` that the backend reads; the rest passes unread. */
export const InitializeParams = z.looseObject({
  processId: z.number().nullable().optional(),
  clientInfo: z.looseObject({ name: z.string(), version: z.string().optional() }).optional(),
  capabilities: z.looseObject({}).default({}),
  initializationOptions: z.object({ protocolVersion: z.number().int() }),
});
export type InitializeParams = z.infer<typeof InitializeParams>;

export const InitializeResult = z.looseObject({
  capabilities: z.looseObject({
    /** 2 is LSP's TextDocumentSyncKind.Incremental. Positions count UTF-16 units. */
    textDocumentSync: z.object({ openClose: z.boolean(), change: z.literal(2) }),
    positionEncoding: z.literal('utf-16'),
    experimental: z.object({
      tpuPilot: z.object({ protocolVersion: z.number().int(), role: Role }),
    }),
  }),
  serverInfo: z.object({ name: z.string(), version: z.string() }),
});
export type InitializeResult = z.infer<typeof InitializeResult>;
