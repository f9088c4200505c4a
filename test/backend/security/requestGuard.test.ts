import { describe, expect, it } from 'vitest';
import { PilotError } from '../../../backend/protocol/errors.ts';
import {
  checkHost,
  checkOrigin,
  type GuardPolicy,
} from '../../../backend/security/requestGuard.ts';

const base: GuardPolicy = { listenHost: '127.0.0.1', allowedHosts: [], allowedOrigins: [] };

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(PilotError);
    return false;
  }
}

describe('checkHost', () => {
  it.each([
    ['127.0.0.1:8000', {}, true],
    ['127.0.0.1', {}, true],
    ['127.8.8.8:1', {}, true],
    ['localhost:8000', {}, true],
    ['LOCALHOST', {}, true],
    ['[::1]:8000', {}, true],
    [undefined, {}, false],
    ['', {}, false],
    ['evil.example', {}, false],
    ['localhost.evil.example', {}, false],
    ['127.0.0.1.evil.example', {}, false],
    ['127.0.0.1@evil.example', {}, false],
    ['127.0.0.1:80:80', {}, false],
    ['10.0.0.5:8000', {}, false],
    ['10.0.0.5:8000', { listenHost: '10.0.0.5' }, true],
    ['10.0.0.6:8000', { listenHost: '10.0.0.5' }, false],
    ['10.0.0.5:8000', { listenHost: '0.0.0.0' }, true],
    ['[fd00::5]:8000', { listenHost: '::' }, true],
    ['evil.example', { listenHost: '0.0.0.0' }, false],
    ['box.lan:8000', { listenHost: '0.0.0.0', allowedHosts: ['Box.lan'] }, true],
    ['box.lan', { listenHost: 'box.lan' }, true],
  ])('%s with %o: %s', (header, policy, expected) => {
    expect(passes(() => checkHost(header, { ...base, ...policy }))).toBe(expected);
  });
});

describe('checkOrigin', () => {
  it.each([
    [undefined, [], true],
    ['https://good.example', ['https://good.example'], true],
    ['https://good.example.evil', ['https://good.example'], false],
    ['http://good.example', ['https://good.example'], false],
    ['http://localhost', [], false],
    ['vscode-webview://x', [], false],
    ['null', [], false],
    ['', [], false],
  ])('%s with %o: %s', (origin, allowedOrigins, expected) => {
    expect(passes(() => checkOrigin(origin, { ...base, allowedOrigins }))).toBe(expected);
  });
});
