/** The one mapping from what a handler threw to what its client reads. */
import { ResponseError } from 'vscode-jsonrpc';
import * as z from 'zod';
import { PilotError } from '../protocol/errors.ts';

/**
 * @param onUnexpected gets what is nobody's fault but ours: to be logged with its stack, as none of
 * its text leaves the process
 */
export function toResponseError(
  error: unknown,
  method: string,
  onUnexpected: (error: unknown) => void,
): ResponseError<PilotError['data']> {
  const { code, message, data } = toPilotError(error, method, onUnexpected);
  return new ResponseError(code, message, data);
}

function toPilotError(
  error: unknown,
  method: string,
  onUnexpected: (error: unknown) => void,
): PilotError {
  if (error instanceof PilotError) return error;
  if (error instanceof z.ZodError) {
    return new PilotError('invalidParams', { method, reason: describeIssues(error) });
  }
  if (error instanceof Error && error.name === 'AbortError') return new PilotError('cancelled');
  onUnexpected(error);
  return new PilotError('internalError');
}

/** `path: message` of the first issue. Zod's messages name types and limits, not values. */
function describeIssues({ issues }: z.ZodError): string {
  const [first] = issues;
  if (!first) return 'unknown';
  const path = first.path.map(String).join('.');
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return `${path === '' ? '' : `${path}: `}${first.message}${more}`.slice(0, 500);
}
