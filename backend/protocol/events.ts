/** Notifications from backend to client. `$/progress` carries ChatProgress, see chat.ts. */
import type * as z from 'zod';
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
export type EventOf<N extends ServerNotification> = z.output<
  (typeof serverNotifications)[N]['params']
>;

interface EventSchemas<N extends ServerNotification> {
  readonly params: { safeParse(raw: unknown): z.ZodSafeParseResult<EventOf<N>> };
}

/** Annotated so that generic code keeps a notification's name and its type together. */
const schemasByName: { readonly [N in ServerNotification]: EventSchemas<N> } = serverNotifications;

export function serverNotificationSchemas<N extends ServerNotification>(
  method: N,
): EventSchemas<N> {
  return schemasByName[method];
}
