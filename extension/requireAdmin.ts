import { PilotError } from '../backend/protocol/errors.ts';
import type { BackendSession } from './backendSession.ts';

/** Before a person fills in a form for nothing. @throws PilotError forbidden */
export function requireAdmin(session: BackendSession, method: string): BackendSession {
  if (session.role !== 'admin') throw new PilotError('forbidden', { method });
  return session;
}
