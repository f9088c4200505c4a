/** What the hubs have in common besides their files. */
import { PilotError } from '../../protocol/errors.ts';
import { isAllowedUrl, type HttpClient } from '../http.ts';

export interface HubContext {
  readonly http: HttpClient;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/**
 * The hub's address, which the environment may replace by a mirror's. Without a slash at the end.
 * @throws PilotError configInvalid when the variable is no https address (or http of this machine)
 */
export function endpoint(variable: string, standard: string, env: NodeJS.ProcessEnv): string {
  const text = env[variable];
  if (text === undefined || text === '') return standard;
  if (!URL.canParse(text) || !isAllowedUrl(new URL(text))) {
    throw new PilotError('configInvalid', { reason: `${variable} must be an https address.` });
  }
  return text.replace(/\/+$/u, '');
}
