/** Makes sessions with the backend that the settings name: this machine's, or one behind a URL. */
import type { BackendSession, Connector } from './backendSession.ts';
import type { SessionEdges } from './openSession.ts';
import { localPolicy, remotePolicy, type RestartPolicy } from './restartPolicy.ts';
import { backendSettings } from './settings.ts';

export class SettingsConnector implements Connector {
  constructor(private readonly edges: SessionEdges) {}

  isRemote(): boolean {
    return backendSettings().url !== '';
  }

  policy(): RestartPolicy {
    return this.isRemote() ? remotePolicy : localPolicy;
  }

  async connect(mayStart: boolean, signal: AbortSignal): Promise<BackendSession> {
    const { openSession } = await import('./openSession.ts');
    return openSession(this.edges, mayStart, signal);
  }

  async ended(pid: number): Promise<void> {
    const { processEnded } = await import('./backendProcess.ts');
    return processEnded(pid);
  }

  async endOutdated(): Promise<void> {
    const { endOutdated } = await import('./outdatedBackend.ts');
    return endOutdated(backendSettings());
  }
}
