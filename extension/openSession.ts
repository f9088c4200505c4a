/**
 * A session with the backend that the settings name. Loaded with the first connection, and not with
 * the extension: the language client and the websocket take longer to load than all of the rest.
 */
import type { LogOutputChannel } from 'vscode';
import { openSocket } from '../backend/client/openSocket.ts';
import type { Target } from '../backend/client/target.ts';
import { connectLocally } from './backendProcess.ts';
import { isInTheClear, type BackendToken } from './backendToken.ts';
import type { DocumentGate } from './documentGate.ts';
import { LanguageSession } from './languageSession.ts';
import { backendSettings } from './settings.ts';

export interface SessionEdges {
  readonly extensionPath: string;
  readonly token: BackendToken;
  readonly gate: DocumentGate;
  readonly log: LogOutputChannel;
}

/**
 * @param mayStart False: attach to a running backend, never start one.
 * @throws PilotError or RemoteError, see backend/client
 */
export async function openSession(
  { extensionPath, token, gate, log }: SessionEdges,
  mayStart: boolean,
  signal: AbortSignal,
): Promise<LanguageSession> {
  const settings = backendSettings();
  const remote = settings.url !== '';
  const open = async (target: Target): Promise<LanguageSession> => {
    const socket = await openSocket(target, signal);
    return LanguageSession.open(socket, remote, gate, log);
  };
  if (!remote) return connectLocally(extensionPath, settings, mayStart, open, log, signal);
  const target = await token.target(settings.url);
  if (isInTheClear(new URL(target.url))) {
    log.warn(`Text to ${target.url} crosses the network in the clear; wss:// would not.`);
  }
  return open(target);
}
