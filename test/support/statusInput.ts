/** What the status bar knows, for tests: a ready backend of this machine unless they say otherwise. */
import type { DeviceInfo } from '../../backend/protocol/devices.ts';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import { localPolicy } from '../../extension/restartPolicy.ts';
import type { StatusInput } from '../../extension/statusIndicator.ts';
import type { Supervision } from '../../extension/supervision.ts';
import { readyStatus } from './fakeSession.ts';

export const connected: Supervision = { phase: 'connected', since: 0, policy: localPolicy };

export function statusInput(changes: Partial<StatusInput> = {}): StatusInput {
  return {
    supervision: connected,
    status: readyStatus,
    download: undefined,
    completionMs: undefined,
    inlineCompletion: true,
    paused: false,
    trusted: true,
    remoteUrl: undefined,
    ...changes,
  };
}

export function deviceInfo(changes: Partial<DeviceInfo> = {}): DeviceInfo {
  return {
    id: 'cpu0',
    kind: 'cpu',
    name: 'Some *CPU*',
    state: 'ready',
    restarts: 0,
    models: [],
    telemetry: {},
    ...changes,
  };
}

export const download: JobInfo = {
  id: 'job1',
  kind: 'pull',
  title: 'Pull default',
  state: 'running',
  step: 'Downloading model.gguf',
  fraction: 0.427,
  doneBytes: 42e6,
  totalBytes: 98e6,
  notices: [],
};
