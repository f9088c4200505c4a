/** Errors as a client meets them: RemoteError came over the wire, PilotError was found on this side. */
import { ConnectionError, ErrorCodes, ResponseError } from 'vscode-jsonrpc';
import { errorTable } from '../protocol/errorTable.ts';
import { ErrorData, PilotError } from '../protocol/errors.ts';
import { MAX_MESSAGE_BYTES } from '../protocol/handshake.ts';

/** An error the backend answered with. Its code and name are rows of the error table. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  constructor(
    readonly code: number,
    message: string,
    readonly data: ErrorData,
  ) {
    super(message);
  }
}

/** An error that came as a part of an answer, such as a failed job's. */
export function toRemoteError(error: {
  readonly code: number;
  readonly message: string;
  readonly remedy: string;
}): RemoteError {
  const { code, message, remedy } = error;
  const name = Object.entries(errorTable).find(([, row]) => row.code === code)?.[0] ?? 'unknown';
  return new RemoteError(code, message, { name, remedy });
}

/** What the writer of messageTransports.ts throws; vscode-jsonrpc passes on its text alone. */
export function messageTooLarge(): PilotError {
  return new PilotError('frameTooLarge', { limit: MAX_MESSAGE_BYTES });
}

export function isConnectionLost(error: unknown): boolean {
  return error instanceof PilotError && error.errorName === 'connectionLost';
}

/** JSON-RPC's own codes for a connection that ended while a request was on its way. */
const lostCodes: ReadonlySet<unknown> = new Set([
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.MessageWriteError,
  ErrorCodes.ConnectionInactive,
]);

/** Whatever a request rejected with, as RemoteError, as PilotError `connectionLost`, or as it was. */
export function asClientError(error: unknown): Error {
  if (error instanceof ConnectionError)
    return new PilotError('connectionLost', {}, { cause: error });
  if (error instanceof ResponseError) {
    const tooLarge = messageTooLarge();
    if (error.message === tooLarge.message) return tooLarge;
    if (lostCodes.has(error.code)) return new PilotError('connectionLost', {}, { cause: error });
    const data = ErrorData.safeParse(error.data);
    return new RemoteError(
      error.code,
      error.message,
      data.success ? data.data : { name: 'unknown', remedy: 'See the log of the backend.' },
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
