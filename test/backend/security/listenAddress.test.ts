import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  isLoopback,
  isWildcard,
  parseListen,
  requireSafeListen,
} from '../../../backend/security/listenAddress.ts';

describe('parseListen', () => {
  it.each([
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['localhost:8000', { host: 'localhost', port: 8000 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
    ['::1:8000', undefined],
    ['127.0.0.1', undefined],
    ['8000', undefined],
    [':8000', undefined],
    ['host:65536', undefined],
    ['host:-1', undefined],
    ['host:1e3', undefined],
    ['http://host:80', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(parseListen(text)).toStrictEqual(expected);
    if (expected) expect(parseListen(formatAddress(expected))).toStrictEqual(expected);
  });
});

describe('what an address is', () => {
  it.each([
    ['127.0.0.1', true, false],
    ['127.255.0.1', true, false],
    ['localhost', true, false],
    ['::1', true, false],
    ['0.0.0.0', false, true],
    ['::', false, true],
    ['10.0.0.1', false, false],
    ['localhost.evil', false, false],
    ['example.org', false, false],
  ])('%s', (host, loopback, wildcard) => {
    expect([isLoopback(host), isWildcard(host)]).toStrictEqual([loopback, wildcard]);
  });
});

describe('requireSafeListen', () => {
  it.each([
    ['127.0.0.1', false, false, true],
    ['::1', false, false, true],
    ['0.0.0.0', false, false, false],
    ['example.org', false, false, false],
    ['0.0.0.0', true, false, true],
    ['0.0.0.0', false, true, true],
  ])('%s with TLS %s, insecure %s: %s', (host, tls, insecure, allowed) => {
    const check = (): void => requireSafeListen({ host, port: 1 }, { tls, insecure });
    if (allowed) expect(check).not.toThrow();
    else expect(check).toThrow(/in the clear/);
  });
});
