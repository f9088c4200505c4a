/** Makes sessions with the backend that the settings name: this machine's, or one behind a URL. */
import type { LogOutputChannel } from 'vscode';
import { openSocket } from '../backend/client/openSocket.ts';
import type { Target } from '../backend/client/target.ts';
import { connectLocally, processEnded } from './backendProcess.ts';
import type { Connector } from './backendSession.ts';
import { isInTheClear, type BackendToken } from './backendToken.ts';
import type { DocumentGate } from './documentGate.ts';
import { LanguageSession } from './languageSession.ts';
import { localPolicy, remotePolicy, type RestartPolicy } from './restartPolicy.ts';
import { backendSettings } from './settings.ts';

export class SettingsConnector implements Connector {
  constructor(
    private readonly extensionPath: string,
    private readonly token: BackendToken,
    private readonly gate: DocumentGate,
    private readonly log: LogOutputChannel,
  ) {}

  isRemote(): boolean {
    return backendSettings().url !== '';
  }

  policy(): RestartPolicy {
    return this.isRemote() ? remotePolicy : localPolicy;
  }

  async connect(mayStart: boolean, signal: AbortSignal): Promise<LanguageSession> {
    const settings = backendSettings();
    const remote = settings.url !== '';
    const open = async (target: Target): Promise<LanguageSession> => {
      const socket = await openSocket(target, signal);
      return LanguageSession.open(socket, remote, this.gate, this.log);
    };
    if (!remote) {
      return connectLocally(this.extensionPath, settings, mayStart, open, this.log, signal);
    }
    const target = await this.token.target(settings.url);
    if (isInTheClear(new URL(target.url))) {
      this.log.warn(`Text to ${target.url} crosses the network in the clear; wss:// would not.`);
    }
    return open(target);
  }

  ended(pid: number): Promise<void> {
    return processEnded(pid);
  }
}
