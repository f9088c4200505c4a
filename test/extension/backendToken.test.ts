import { expect, test } from 'vitest';
import * as vscode from 'vscode';
import { BackendToken, isInTheClear, websocketUrl } from '../../extension/backendToken.ts';

function secrets(): vscode.SecretStorage & { readonly map: Map<string, string> } {
  const map = new Map<string, string>();
  return {
    map,
    get: (key) => Promise.resolve(map.get(key)),
    store: (key, value) => Promise.resolve(void map.set(key, value)),
    delete: (key) => Promise.resolve(void map.delete(key)),
    onDidChange: new vscode.EventEmitter<vscode.SecretStorageChangeEvent>().event,
  };
}

test.each([
  ['ws://host:1234', 'ws://host:1234/'],
  ['https://host', 'wss://host/'],
  ['http://10.0.0.1:80/x', 'ws://10.0.0.1/x'],
])('%s is the websocket %s', (setting, url) => {
  expect(websocketUrl(setting).href).toBe(url);
});

test.each(['host:1234', 'ftp://host', 'ws://', 'nonsense'])('%s is no address', (setting) => {
  expect(() => websocketUrl(setting)).toThrow('tpuPilot.backend.url');
});

test.each([
  ['ws://127.0.0.1:1', false],
  ['ws://[::1]:1', false],
  ['ws://localhost:1', false],
  ['wss://example.org', false],
  ['ws://example.org', true],
  ['ws://127.0.0.1.example.org', true],
])('text to %s is in the clear: %s', (url, expected) => {
  expect(isInTheClear(new URL(url))).toBe(expected);
});

test('a token is kept for one address and shown to no other', async () => {
  const token = new BackendToken(secrets());
  await token.set('wss://one:1', ' secret\n');
  expect(await token.target('wss://one:1')).toEqual({ url: 'wss://one:1/', token: 'secret' });
  expect(await token.target('https://one:1')).toMatchObject({ token: 'secret' });
  for (const other of ['wss://two:1', 'wss://one:2', 'ws://one:1']) {
    await expect(token.target(other)).rejects.toMatchObject({ errorName: 'unauthorized' });
  }
});

test('an empty token forgets the one that was stored', async () => {
  const storage = secrets();
  const token = new BackendToken(storage);
  await token.set('wss://one', 'secret');
  await token.set('wss://one', ' ');
  expect(storage.map.size).toBe(0);
});
