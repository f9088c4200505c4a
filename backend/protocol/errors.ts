/** The one error whose text leaves the process. */
import * as z from 'zod';
import { errorTable, type ErrorName } from './errorTable.ts';
import { fillIn, type Details } from './fillIn.ts';

/** What a JSON-RPC error carries in `data`. */
export const ErrorData = z.object({
  name: z.string(),
  remedy: z.string(),
  retryAfterMs: z.number().optional(),
});
export type ErrorData = z.infer<typeof ErrorData>;

/**
 * An error a person or another program is meant to read. Created where the fault is found, so that
 * its stack shows the caller. It is the only error whose text leaves the process.
 */
export class PilotError extends Error {
  override readonly name = 'PilotError';
  readonly code: number;
  readonly data: ErrorData;

  constructor(
    readonly errorName: ErrorName,
    details: Details = {},
    options: { cause?: unknown; retryAfterMs?: number } = {},
  ) {
    const row = errorTable[errorName];
    super(
      fillIn(row.sentence, details),
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.code = row.code;
    this.data = {
      name: errorName,
      remedy: row.remedy,
      ...(options.retryAfterMs === undefined ? {} : { retryAfterMs: options.retryAfterMs }),
    };
  }
}

/** For people, whatever was thrown: what nobody expected tells nothing of itself. */
export function toPilotError(error: unknown): PilotError {
  return error instanceof PilotError
    ? error
    : new PilotError('internalError', {}, { cause: error });
}
