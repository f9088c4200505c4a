/** Binds the HTTP server, and says under which addresses clients of this machine reach it. */
import type { Server } from 'node:http';
import { PilotError } from './protocol/errors.ts';
import { formatAddress, isWildcard, type ListenAddress } from './security/listenAddress.ts';

export interface Addresses {
  /** `ws://` or `wss://`. */
  readonly url: string;
  /** The same with `http://` or `https://`. */
  readonly http: string;
}

/** @throws PilotError portInUse, configInvalid */
export async function listenOn(
  server: Server,
  address: ListenAddress,
  secure: boolean,
): Promise<Addresses> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(explain(error, address));
    server.once('error', fail);
    server.listen(address.port, address.host, () => {
      server.off('error', fail);
      resolve();
    });
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  const reachable = formatAddress({ host: localHost(address.host), port });
  return secure
    ? { url: `wss://${reachable}`, http: `https://${reachable}` }
    : { url: `ws://${reachable}`, http: `http://${reachable}` };
}

/** All addresses of the machine are no address to connect to. */
function localHost(host: string): string {
  if (!isWildcard(host)) return host;
  return host.includes(':') ? '::1' : '127.0.0.1';
}

function explain(error: Error, address: ListenAddress): PilotError {
  if ('code' in error && error.code === 'EADDRINUSE') {
    return new PilotError('portInUse', { address: formatAddress(address) }, { cause: error });
  }
  const reason = `cannot listen on ${formatAddress(address)}: ${error.message}.`;
  return new PilotError('configInvalid', { reason }, { cause: error });
}
