/** Judges the headers of an HTTP request: is it from a web page, and for whom did its sender take us? */
import { isIP } from 'node:net';
import { PilotError } from '../protocol/errors.ts';
import { isLoopback, isWildcard } from './listenAddress.ts';

export interface GuardPolicy {
  /** The host the backend listens on. */
  readonly listenHost: string;
  /** Names beside those of this machine, such as the one a proxy uses. */
  readonly allowedHosts: readonly string[];
  /** Origins of web pages that may connect, such as `https://example.org`. */
  readonly allowedOrigins: readonly string[];
}

/**
 * Programs send no Origin, browsers always do.
 * @throws PilotError originRefused
 */
export function checkOrigin(origin: string | undefined, policy: GuardPolicy): void {
  if (origin === undefined || policy.allowedOrigins.includes(origin)) return;
  throw new PilotError('originRefused');
}

/**
 * Stops DNS rebinding: a page whose own name was pointed at this machine still sends that name.
 * @throws PilotError hostRefused
 */
export function checkHost(header: string | undefined, policy: GuardPolicy): void {
  const host = hostname(header);
  if (host === undefined || !isServed(host, policy)) throw new PilotError('hostRefused');
}

function isServed(host: string, policy: GuardPolicy): boolean {
  if (isLoopback(host)) return true;
  if (host === policy.listenHost.toLowerCase()) return true;
  if (policy.allowedHosts.some((allowed) => allowed.toLowerCase() === host)) return true;
  // Rebinding needs a name: an address typed as such is what its sender meant.
  return isWildcard(policy.listenHost) && isIP(host) !== 0;
}

/** The host of a Host header in lower case, without port and brackets. */
function hostname(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s/@]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}
