import { describe, expect, it } from 'vitest';
import { toState } from '../../backend/statusReport.ts';

describe('toState', () => {
  it.each([
    ['starting', 0, [], [], 'starting'],
    ['starting', 1, ['x'], [], 'starting'],
    ['draining', 1, [], [], 'draining'],
    ['running', 0, [], [], 'noModel'],
    ['running', 0, ['x'], [], 'noModel'],
    ['running', 1, [], [{ state: 'ready' }], 'ready'],
    ['running', 1, ['x'], [{ state: 'ready' }], 'degraded'],
    ['running', 1, [], [{ state: 'ready' }, { state: 'restarting' }], 'degraded'],
    ['running', 1, [], [{ state: 'failed' }], 'degraded'],
    ['running', 1, [], [{ state: 'ready', problems: ['x'] }], 'degraded'],
    ['running', 0, ['x'], [{ state: 'failed' }], 'noModel'],
  ] as const)(
    '%s, %i models, problems %j, devices %j: %s',
    (phase, models, problems, devices, state) => {
      expect(toState(phase, models, problems, devices)).toBe(state);
    },
  );
});
