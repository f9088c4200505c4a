/**
 * What the extension does about its backend, as a pure function of events. BackendConnection enters
 * each phase's effect: connect, wait, or nothing.
 */
import {
  afterConnection,
  afterFailure,
  delayBefore,
  isExhausted,
  type RestartPolicy,
} from './restartPolicy.ts';

export type Supervision =
  /** `watching`: somebody else may start the backend; look now and then, but never start it. */
  | { readonly phase: 'stopped'; readonly watching: boolean }
  /** `mayStart` false: attach to a running backend or leave it. */
  | { readonly phase: 'connecting'; readonly mayStart: boolean; readonly policy: RestartPolicy }
  | { readonly phase: 'connected'; readonly since: number; readonly policy: RestartPolicy }
  | {
      readonly phase: 'waiting';
      readonly delayMs: number;
      readonly error: unknown;
      readonly policy: RestartPolicy;
    }
  | { readonly phase: 'failed'; readonly error: unknown };

/** What went wrong and when; `at` in ms, `random` in [0, 1). */
interface Failure {
  readonly error: unknown;
  readonly at: number;
  readonly random: number;
}

export type SupervisionEvent =
  | { readonly type: 'start'; readonly policy: RestartPolicy }
  | { readonly type: 'stop'; readonly watch: boolean }
  | { readonly type: 'connected'; readonly at: number }
  | (Failure & {
      readonly type: 'connectFailed';
      /**
       * `permanent`: trying again can't help, as with a wrong token. `busy`: the backend is just
       * leaving or full, which is no fault and doesn't use up the budget.
       */
      readonly kind: 'fault' | 'permanent' | 'busy';
    })
  | (Failure & {
      readonly type: 'lost';
      /** The local backend was told to stop, here or in another window: respect that. */
      readonly onPurpose: boolean;
    })
  | { readonly type: 'timer'; readonly policy: RestartPolicy };

function retry(policy: RestartPolicy, { error, at, random }: Failure, counts = true): Supervision {
  const next = afterFailure(policy, at, counts);
  if (isExhausted(next)) return { phase: 'failed', error };
  return { phase: 'waiting', delayMs: delayBefore(next, random), error, policy: next };
}

/** The next phase. Events that make no sense in a phase, such as late timers, leave it alone. */
export function supervise(state: Supervision, event: SupervisionEvent): Supervision {
  switch (event.type) {
    case 'start':
      if (state.phase === 'connected') return state;
      if (state.phase === 'connecting' && state.mayStart) return state;
      return { phase: 'connecting', mayStart: true, policy: event.policy };
    case 'stop':
      return { phase: 'stopped', watching: event.watch };
    case 'connected':
      if (state.phase !== 'connecting') return state;
      return { phase: 'connected', since: event.at, policy: state.policy };
    case 'connectFailed':
      if (state.phase !== 'connecting') return state;
      if (!state.mayStart) return { phase: 'stopped', watching: true };
      if (event.kind === 'permanent') return { phase: 'failed', error: event.error };
      return retry(state.policy, event, event.kind === 'fault');
    case 'lost':
      if (state.phase !== 'connected') return state;
      if (event.onPurpose) return { phase: 'stopped', watching: true };
      return retry(afterConnection(state.policy, event.at - state.since), event);
    case 'timer':
      if (state.phase === 'waiting') {
        return { phase: 'connecting', mayStart: true, policy: state.policy };
      }
      if (state.phase === 'stopped' && state.watching) {
        return { phase: 'connecting', mayStart: false, policy: event.policy };
      }
      return state;
    default:
      return event satisfies never;
  }
}
