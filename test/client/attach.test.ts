import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { attach, attachOrStart } from '../../backend/client/attach.ts';
import { homePaths } from '../../backend/client/home.ts';
import { startBackend } from '../support/startBackend.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const noProgram = { runtime: process.execPath, entry: '/nonexistent/main.js', args: [] };

describe('attach', () => {
  it('finds the backend of a home', async () => {
    const { home } = await startBackend();
    const client = await attach(home);
    expect(await client?.request('backend/status', null)).toMatchObject({ home });
    await client?.close();
    const found = await attachOrStart(home, noProgram);
    expect(found.started).toBe(false);
    await found.client.close();
  });

  it('finds none where there is none', async () => {
    expect(await attach(await temporaryFolder())).toBeUndefined();
  });

  it('takes one that nobody answers for as none, though its process id is alive', async () => {
    const { backend, instance } = await startBackend();
    await backend.close(AbortSignal.abort());
    const home = await temporaryFolder();
    const tokenFile = path.join(home, 'token');
    await writeFile(tokenFile, 'a'.repeat(64));
    await writeFile(homePaths(home).instance, JSON.stringify({ ...instance, tokenFile }));
    expect(await attach(home)).toBeUndefined();
  });

  it('does not take one that refuses us as none', async () => {
    const { home, instance } = await startBackend();
    const other = await temporaryFolder();
    const tokenFile = path.join(other, 'token');
    await writeFile(tokenFile, 'a'.repeat(64));
    await writeFile(homePaths(home).instance, JSON.stringify({ ...instance, tokenFile }));
    await expect(attach(home)).rejects.toMatchObject({ data: { name: 'unauthorized' } });
  });

  it('passes on why none could be started', async () => {
    await expect(attachOrStart(await temporaryFolder(), noProgram)).rejects.toMatchObject({
      errorName: 'backendNotStarted',
      message: expect.stringMatching(/Cannot find module/) as unknown,
    });
  });
});
