/** Addresses: where the backend may listen, and what counts as this machine. */
import { BlockList, isIP } from 'node:net';
import { PilotError } from '../protocol/errors.ts';

export interface ListenAddress {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  /** 0 stands for any free port. */
  readonly port: number;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** `0.0.0.0` and `::`, which stand for every address of the machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || /^[0:]+$/.test(host);
}

/** Reads `HOST:PORT`, `[::1]:PORT`; undefined when it is neither. */
export function parseListen(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port <= 65_535 ? { host, port } : undefined;
}

/** `host:port`, with brackets where an IPv6 address needs them. */
export function formatAddress({ host, port }: ListenAddress): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/**
 * Text and tokens may leave the machine only encrypted, unless the owner says otherwise.
 * @throws PilotError insecureListen
 */
export function requireSafeListen(
  address: ListenAddress,
  { tls, insecure }: { tls: boolean; insecure: boolean },
): void {
  if (isLoopback(address.host) || tls || insecure) return;
  throw new PilotError('insecureListen', { address: formatAddress(address) });
}
