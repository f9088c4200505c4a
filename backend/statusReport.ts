/** `backend/status`: what the backend is doing, put together from its parts. */
import type { LatencyWindow } from './latency.ts';
import type { BackendState, BackendStatus } from './protocol/backend.ts';
import type { DeviceInfo } from './protocol/devices.ts';
import { PROTOCOL_VERSION } from './protocol/handshake.ts';
import { version } from './protocol/version.ts';
import type { Engine } from './scheduling/engine.ts';

export interface StatusSources {
  readonly home: string;
  readonly engine: Pick<Engine, 'models' | 'devices' | 'counts'>;
  readonly latency: LatencyWindow;
  /** One sentence for each model that could not be loaded. */
  readonly problems: () => string[];
  readonly connections: () => number;
}

/** Where the backend is in its own life. */
export type Phase = 'starting' | 'running' | 'draining';

export class StatusReport {
  /** Set by the composition root as it goes along. */
  phase: Phase = 'starting';
  readonly #startedAt = performance.now();

  constructor(private readonly sources: StatusSources) {}

  async status(): Promise<BackendStatus> {
    const { home, engine, latency, problems, connections } = this.sources;
    const devices = await engine.devices();
    return {
      state: toState(this.phase, engine.models().length, problems(), devices),
      problems: problems(),
      version,
      protocolVersion: PROTOCOL_VERSION,
      pid: process.pid,
      uptimeMs: performance.now() - this.#startedAt,
      home,
      connections: connections(),
      ...engine.counts(),
      residentBytes: process.memoryUsage.rss(),
      devices,
      latency: latency.summary(),
    };
  }
}

export function toState(
  phase: Phase,
  loadedModels: number,
  problems: readonly string[],
  devices: readonly {
    readonly state: DeviceInfo['state'];
    readonly problems?: readonly string[] | undefined;
  }[],
): BackendState {
  if (phase !== 'running') return phase;
  if (loadedModels === 0) return 'noModel';
  const hurt =
    problems.length > 0 ||
    devices.some((device) => device.state !== 'ready' || (device.problems ?? []).length > 0);
  return hurt ? 'degraded' : 'ready';
}
