import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashToken, keyId } from '../../../backend/client/proof.ts';
import { OWNER, TokenStore } from '../../../backend/security/tokens.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function open() {
  const home = await temporaryFolder();
  const store = await TokenStore.open(home);
  const token = (await readFile(path.join(home, 'token'), 'utf8')).trim();
  return { home, store, token };
}

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o777;
}

describe("the owner's token", () => {
  it('has 256 bits in a file for the owner alone', async () => {
    const { home, token, store } = await open();
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(await modeOf(path.join(home, 'token'))).toBe(0o600);
    expect(store.authenticate(`Bearer ${token}`)).toMatchObject({ name: OWNER, role: 'admin' });
    expect(store.byKeyId(keyId(hashToken(token)))?.name).toBe(OWNER);
  });

  it('is made once, also when several make it', async () => {
    const home = await temporaryFolder();
    const stores = await Promise.all([1, 2, 3, 4].map(async () => TokenStore.open(home)));
    const token = (await readFile(path.join(home, 'token'), 'utf8')).trim();
    for (const store of stores) expect(store.authenticate(`Bearer ${token}`)).toBeDefined();
    expect(await readdir(home)).toStrictEqual(['token']);
  });

  it('is taken from others who could read it', async () => {
    const { home, token } = await open();
    await chmod(path.join(home, 'token'), 0o644);
    const store = await TokenStore.open(home);
    expect(await modeOf(path.join(home, 'token'))).toBe(0o600);
    expect(store.authenticate(`Bearer ${token}`)).toBeDefined();
  });

  it.each(['', '\n', 'short', 'g'.repeat(64)])('is never %j', async (content) => {
    const { home } = await open();
    await writeFile(path.join(home, 'token'), content);
    await expect(TokenStore.open(home)).rejects.toMatchObject({ errorName: 'configInvalid' });
  });
});

describe('authenticate', () => {
  it.each([
    ['nothing', () => undefined],
    ['the token alone', (token: string) => token],
    ['no token', () => 'Bearer '],
    ['a part of it', (token: string) => `Bearer ${token.slice(1)}`],
    ['more than it', (token: string) => `Bearer ${token}0`],
    ['its hash', (token: string) => `Bearer ${hashToken(token)}`],
    ['another scheme', (token: string) => `Basic ${token}`],
    ['two tokens', (token: string) => `Bearer ${token} ${token}`],
  ])('refuses %s', async (_, header) => {
    const { store, token } = await open();
    expect(store.authenticate(header(token))).toBeUndefined();
  });
});

describe('named tokens', () => {
  it('are known by name, role and hash, and never stored', async () => {
    const { home, store } = await open();
    const created = await store.create({ name: 'guest', role: 'user' });
    expect(created.token).toMatch(/^[0-9a-f]{64}$/);
    const stored = await readFile(path.join(home, 'tokens.json'), 'utf8');
    expect(stored).not.toContain(created.token);
    expect(await modeOf(path.join(home, 'tokens.json'))).toBe(0o600);
    for (const reader of [store, await TokenStore.open(home)]) {
      const identity = reader.authenticate(`Bearer ${created.token}`);
      expect(identity).toMatchObject({ name: 'guest', role: 'user' });
      expect(reader.list().map(({ name, role }) => [name, role])).toStrictEqual([
        ['guest', 'user'],
      ]);
    }
  });

  it('are worthless once revoked', async () => {
    const { home, store } = await open();
    const { token } = await store.create({ name: 'guest', role: 'admin' });
    await store.revoke('guest');
    for (const reader of [store, await TokenStore.open(home)]) {
      expect(reader.authenticate(`Bearer ${token}`)).toBeUndefined();
      expect(reader.byKeyId(keyId(hashToken(token)))).toBeUndefined();
    }
  });

  it('have one name each, and not that of the owner', async () => {
    const { store } = await open();
    await store.create({ name: 'guest', role: 'user' });
    for (const name of ['guest', OWNER]) {
      await expect(store.create({ name, role: 'user' })).rejects.toMatchObject({
        errorName: 'tokenExists',
      });
    }
    await expect(store.revoke(OWNER)).rejects.toMatchObject({ errorName: 'tokenNotFound' });
    await expect(store.revoke('nobody')).rejects.toMatchObject({ errorName: 'tokenNotFound' });
  });

  it('that cannot be stored do not exist', async () => {
    const { home, store } = await open();
    await mkdir(path.join(home, 'tokens.json'));
    await expect(store.create({ name: 'guest', role: 'user' })).rejects.toThrow();
    expect(store.list()).toStrictEqual([]);
  });

  it('in a file that is damaged are an error, not nobody', async () => {
    const { home } = await open();
    await writeFile(path.join(home, 'tokens.json'), '{"tokens":[{}]}');
    await expect(TokenStore.open(home)).rejects.toMatchObject({ errorName: 'configInvalid' });
  });
});
