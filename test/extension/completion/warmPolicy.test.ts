import { expect, test } from 'vitest';
import {
  afterWarming,
  coldState,
  decideWarm,
  type WarmAnswer,
} from '../../../extension/completion/warmPolicy.ts';

const warmed = afterWarming(coldState, 'a', 10_000);

test.each<[string, typeof coldState, string, number, boolean, WarmAnswer]>([
  ['the first place', coldState, 'a', 0, true, { kind: 'now' }],
  ['the same place', warmed, 'a', 60_000, true, { kind: 'no' }],
  ['another place soon after', warmed, 'b', 10_500, true, { kind: 'later', ms: 1500 }],
  ['another place later', warmed, 'b', 12_000, true, { kind: 'now' }],
  ['a window without the focus', warmed, 'b', 60_000, false, { kind: 'no' }],
  ['where a request was made', afterWarming(warmed, 'b'), 'b', 60_000, true, { kind: 'no' }],
  [
    'elsewhere after a request, which is no warming',
    afterWarming(coldState, 'b'),
    'c',
    0,
    true,
    { kind: 'now' },
  ],
])('%s', (_, state, key, now, focused, expected) => {
  expect(decideWarm(state, { key, now, focused })).toEqual(expected);
});
