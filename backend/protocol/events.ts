/** Notifications from backend to client. `$/progress` carries ChatProgress, see chat.ts. */
import { BackendStatus } from './backend.ts';
import { JobInfo } from './jobs.ts';

export const serverNotifications = {
  'backend/statusChanged': {
    params: BackendStatus,
    summary: 'The status changed; at most once a second.',
  },
  'job/changed': {
    params: JobInfo,
    summary: 'A job moved on; sent to connections with the role admin.',
  },
} as const;

export type ServerNotification = keyof typeof serverNotifications;
