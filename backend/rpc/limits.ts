/** Bounds on what one connection may use. The defaults are far from what an editor does. */
import { HEARTBEAT_MS, MAX_MESSAGE_BYTES } from '../protocol/handshake.ts';
import type { BucketOptions } from './tokenBucket.ts';

export interface ConnectionLimits {
  /** A longer message is answered with `frameTooLarge`. */
  readonly messageBytes: number;
  /** A longer frame ends the connection with close code 1009 before it is received whole. */
  readonly frameBytes: number;
  /** More unread answers than this end the connection. */
  readonly bufferedBytes: number;
  readonly messages: BucketOptions;
  /** Requests that have no reply yet. */
  readonly inFlight: number;
  /** From the upgrade to `initialize`. */
  readonly initializeMs: number;
  readonly heartbeatMs: number;
  readonly documents: number;
  /** Text of all open documents, in UTF-16 units. */
  readonly documentUnits: number;
}

export const defaultLimits: ConnectionLimits = {
  messageBytes: MAX_MESSAGE_BYTES,
  frameBytes: 64 * 1024 * 1024,
  bufferedBytes: 16 * 1024 * 1024,
  messages: { perSecond: 200, burst: 1000 },
  inFlight: 64,
  initializeMs: 10_000,
  heartbeatMs: HEARTBEAT_MS,
  documents: 1024,
  documentUnits: 16 * 1024 * 1024,
};
