import { describe, expect, it } from 'vitest';
import { hostName, parseDevice, parseHostName } from '../../../backend/devices/deviceName.ts';

describe('parseDevice', () => {
  it.each([
    ['auto', { kind: 'auto' }],
    ['cpu', { kind: 'cpu' }],
    ['bm1684x', { kind: 'bm1684x' }],
    ['bm1684x:0', { kind: 'bm1684x', chip: 0 }],
    ['bm1684x:12', { kind: 'bm1684x', chip: 12 }],
    ['emulator', { kind: 'emulator', chips: 1 }],
    ['emulator:8', { kind: 'emulator', chips: 8 }],
  ])('reads %s', (text, choice) => {
    expect(parseDevice(text)).toEqual(choice);
  });

  it.each([
    '',
    'CPU',
    'cpu:0',
    'auto:1',
    'abacus',
    'bm1684',
    'bm1684x:',
    'bm1684x:-1',
    'bm1684x:1.5',
    'bm1684x:0 ',
    'emulator:0',
    'emulator:9',
    'emulator:1,2',
    'memory',
  ])('refuses "%s"', (text) => {
    expect(parseDevice(text)).toBeUndefined();
  });
});

describe('the name of a host', () => {
  it.each(['cpu', 'bm1684x:0', 'bm1684x:7', 'emulator:1'])('is read back: %s', (name) => {
    expect(hostName(parseHostName(name))).toBe(name);
  });

  it.each(['auto', 'bm1684x', 'emulator', 'cpu:0', ''])('is not "%s"', (name) => {
    expect(() => parseHostName(name)).toThrow(RangeError);
  });
});
