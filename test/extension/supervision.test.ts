import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localPolicy, remotePolicy } from '../../extension/restartPolicy.ts';
import { supervise, type Supervision, type SupervisionEvent } from '../../extension/supervision.ts';

const error = new Error('broken');
const failure = { error, at: 1000, random: 0 };
const states = {
  stopped: { phase: 'stopped', watching: false },
  watching: { phase: 'stopped', watching: true },
  connecting: { phase: 'connecting', mayStart: true, policy: localPolicy },
  looking: { phase: 'connecting', mayStart: false, policy: localPolicy },
  connected: { phase: 'connected', since: 0, policy: localPolicy },
  waiting: { phase: 'waiting', delayMs: 1, error, policy: localPolicy },
  failed: { phase: 'failed', error },
} as const satisfies Record<string, Supervision>;
const events = {
  start: { type: 'start', policy: localPolicy },
  stop: { type: 'stop', watch: true },
  connected: { type: 'connected', at: 5 },
  fault: { type: 'connectFailed', kind: 'fault', ...failure },
  permanent: { type: 'connectFailed', kind: 'permanent', ...failure },
  busy: { type: 'connectFailed', kind: 'busy', ...failure },
  lost: { type: 'lost', onPurpose: false, ...failure },
  ended: { type: 'lost', onPurpose: true, ...failure },
  timer: { type: 'timer', policy: localPolicy },
} as const satisfies Record<string, SupervisionEvent>;

/** For each event, the phase that each state goes to; `=` where the very same state stays. */
const table: Record<keyof typeof events, Record<keyof typeof states, string>> = {
  start: row('connecting connecting = connecting = connecting connecting'),
  stop: row('watching watching watching watching watching watching watching'),
  connected: row('= = connected connected = = ='),
  fault: row('= = waiting watching = = ='),
  permanent: row('= = failed watching = = ='),
  busy: row('= = waiting watching = = ='),
  lost: row('= = = = waiting = ='),
  ended: row('= = = = watching = ='),
  timer: row('= looking = = = connecting ='),
};

function row(text: string): Record<keyof typeof states, string> {
  const [stopped, watching, connecting, looking, connected, waiting, failed] = text.split(' ');
  return {
    stopped: stopped!,
    watching: watching!,
    connecting: connecting!,
    looking: looking!,
    connected: connected!,
    waiting: waiting!,
    failed: failed!,
  };
}

function name(state: Supervision): string {
  if (state.phase === 'stopped') return state.watching ? 'watching' : 'stopped';
  if (state.phase === 'connecting') return state.mayStart ? 'connecting' : 'looking';
  return state.phase;
}

describe.each(Object.entries(events))('%s', (eventName, event) => {
  test.each(Object.entries(states))('in %s', (stateName, state) => {
    const row = table[eventName as keyof typeof events];
    const expected = row[stateName as keyof typeof states];
    const next = supervise(state, event);
    if (expected === '=') expect(next).toBe(state);
    else expect(name(next)).toBe(expected);
  });
});

test('a backend that dies again and again is given up on, with its last error', () => {
  let state: Supervision = states.connecting;
  let deaths = 0;
  while (state.phase !== 'failed') {
    state = supervise(state, { type: 'connected', at: deaths * 1000 });
    state = supervise(state, { ...events.lost, at: deaths * 1000 + 500 });
    deaths++;
    state = supervise(state, events.timer);
  }
  expect(deaths).toBe(6);
  expect(state.error).toBe(error);
});

test('a backend that is just leaving is waited for, however long', () => {
  let state: Supervision = states.connecting;
  for (let i = 0; i < 100; i++) state = supervise(supervise(state, events.busy), events.timer);
  expect(name(state)).toBe('connecting');
});

const anyEvent = fc.oneof(...Object.values(events).map((event) => fc.constant(event)));

test('a stopped backend is never started but by a start', () => {
  fc.assert(
    fc.property(fc.array(anyEvent), (list) => {
      let state: Supervision = states.watching;
      for (const event of list) {
        if (event.type === 'start' || event.type === 'lost') continue;
        state = supervise(state, event);
        expect(['stopped', 'watching', 'looking', 'connected']).toContain(name(state));
      }
    }),
  );
});

test('a remote backend is never given up on for faults', () => {
  fc.assert(
    fc.property(fc.array(anyEvent), (list) => {
      let state: Supervision = { ...states.connecting, policy: remotePolicy };
      for (const event of list) {
        if (event.type === 'connectFailed' && event.kind === 'permanent') continue;
        const policied = 'policy' in event ? { ...event, policy: remotePolicy } : event;
        state = supervise(state, policied);
        expect(state.phase).not.toBe('failed');
      }
    }),
  );
});
