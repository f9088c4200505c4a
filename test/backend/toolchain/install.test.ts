import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { processesOf } from '../../../backend/toolchain/processTree.ts';
import { removeToolchain } from '../../../backend/toolchain/remove.ts';
import { ToolchainHarness, type Misbehaviour } from './harness.ts';

const noDetails = { onProgress: () => undefined, onNotice: () => undefined };
const isInstall = (call: string): boolean => call.includes('pip install');

describe.skipIf(process.platform !== 'linux')('installing the toolchain', () => {
  it('makes an environment of the locked packages, and sees it work', async () => {
    const toolchain = await ToolchainHarness.create();
    const status = await toolchain.install();
    expect(status).toMatchObject({
      state: 'ready',
      folder: toolchain.layout.root,
      python: { path: toolchain.layout.python, version: '3.10.13' },
      programs: [
        { name: 'model_tool', version: 'v1.30.2-test' },
        { name: 'pymlir', version: 'v1.30.2-test' },
      ],
      problems: [],
      missingBytes: { download: 0, disk: 0 },
    });
    expect(status.packages.find(({ name }) => name === 'tpu-mlir')).toStrictEqual({
      name: 'tpu-mlir',
      wanted: '1.30.2',
      installed: '1.30.2',
    });
    expect(toolchain.notices).toStrictEqual([
      `To download: 1.5 GB. On the disk: 3.2 GB, in ${toolchain.layout.root}.`,
    ]);
    const pip = (await toolchain.calls()).filter(isInstall);
    for (const call of pip) expect(call).toContain(' --require-hashes -r ');
    expect(pip[0]).toContain('--progress-bar=off');
    expect(pip[1]).toContain('--progress-bar=raw');
    expect(await toolchain.status()).toStrictEqual(status);
    expect(existsSync(toolchain.layout.scratch)).toBe(false);
  });

  it('moves the glibc of the wheel aside, and puts a stand-in for parallel on the path', async () => {
    const toolchain = await ToolchainHarness.create();
    await toolchain.install();
    const { env, bin } = toolchain.layout;
    const lib = path.join(env, 'lib/python3.10/site-packages/tpu_mlir/lib');
    expect(existsSync(path.join(lib, 'third_party/libc.so.6'))).toBe(false);
    expect(await readFile(path.join(lib, 'third_party.unused/libc.so.6'), 'utf8')).toBe('old');
    await writeFile(path.join(lib, 'third_party/libm.so.6'), 'put back');
    expect((await toolchain.status()).problems.join()).toContain('glibc of the tpu-mlir wheel');
    expect(await readFile(path.join(bin, 'parallel'), 'utf8')).toMatch(
      /^#!\/usr\/bin\/env python3/,
    );
  });

  it('goes on where it was killed, and fetches again only what was damaged', async () => {
    const toolchain = await ToolchainHarness.create();
    await expect(toolchain.install({}, { die: 'torch' })).rejects.toMatchObject({
      errorName: 'toolchainFailed',
      message: expect.stringContaining('Installing torch 2.4.1 failed: ended by SIGKILL') as string,
    });
    expect(await toolchain.status()).toMatchObject({ state: 'incomplete', programs: [] });
    const before = (await toolchain.calls()).filter(isInstall).length;
    const missing = (await toolchain.status()).packages.filter(({ problem }) => problem);
    expect(missing.map(({ name }) => name)).toContain('torch');
    expect((await toolchain.install()).state).toBe('ready');
    const calls = await toolchain.calls();
    expect(calls.some((call) => call.includes('-m venv'))).toBe(false);
    expect(calls.filter(isInstall)).toHaveLength(missing.length);
    expect(before).toBeGreaterThan(1);
  });

  it('repairs a package whose files are gone', async () => {
    const toolchain = await ToolchainHarness.create();
    await toolchain.install();
    const list = path.join(toolchain.layout.env, 'packages.json');
    const text = await readFile(list, 'utf8');
    const damaged = '"name":"onnx","version":"1.14.1","damage":"onnx/a.py is missing"';
    await writeFile(list, text.replace('"name":"onnx","version":"1.14.1","damage":null', damaged));
    expect((await toolchain.status()).problems).toStrictEqual(['onnx: onnx/a.py is missing.']);
    await toolchain.calls();
    expect((await toolchain.install()).problems).toStrictEqual([]);
    expect((await toolchain.calls()).filter(isInstall)).toHaveLength(1);
  });

  it('makes an environment anew whose Python is gone, and says so before', async () => {
    const toolchain = await ToolchainHarness.create();
    await toolchain.install();
    await rm(toolchain.layout.python);
    const { state, problems } = await toolchain.status();
    expect(state).toBe('incomplete');
    expect(problems).toStrictEqual([
      `The environment does not work: ${toolchain.layout.python}: there is no such program`,
    ]);
    expect((await toolchain.install()).state).toBe('ready');
  });

  it('takes torch from the index named, without CUDA and without its sha256', async () => {
    const toolchain = await ToolchainHarness.create();
    await expect(
      toolchain.install({ torchIndex: 'https://me:secret@wheels.example/cpu' }, { die: 'onnx' }),
    ).rejects.toMatchObject({ errorName: 'toolchainFailed' });
    const status = await toolchain.status();
    expect(status.torchIndex).toBe('https://wheels.example/cpu');
    expect(status.packages.filter(({ name }) => name.startsWith('nvidia'))).toStrictEqual([]);
    expect(status.missingBytes.download).toBe(500e6 + 14e6 + 11e3);
    expect(toolchain.notices.join()).toContain('torch comes from the index given');
  });

  it.each<[string, Misbehaviour, string, string]>([
    ['says nothing is the matter', { forget: 'onnx' }, 'toolchainBroken', 'onnx: it is missing'],
    ['installs what can’t be loaded', { broken: 'torch' }, 'toolchainBroken', 'torch: ImportError'],
    [
      'is given another file',
      { error: 'torch', says: ['ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE …'] },
      'packageMismatch',
      'torch 2.4.1',
    ],
    [
      'has no network',
      { error: 'torch', says: ['WARNING: Retrying (Retry(total=0', 'ERROR: No matching'] },
      'downloadFailed',
      'pip says No matching',
    ],
    [
      'fills the disk',
      { error: 'torch', says: ['ERROR: [Errno 28] No space left on device'] },
      'diskFull',
      'toolchain',
    ],
    [
      'fails otherwise',
      { error: 'torch', says: ['ERROR: odd'] },
      'toolchainFailed',
      'pip says odd',
    ],
  ])('explains it when pip %s', async (_, misbehaviour, errorName, part) => {
    const toolchain = await ToolchainHarness.create();
    await expect(toolchain.install({}, misbehaviour)).rejects.toMatchObject({
      errorName,
      message: expect.stringContaining(part) as string,
    });
    expect((await toolchain.status()).state).toBe('incomplete');
  });

  it('refuses to begin when the disk is too small, and leaves no environment', async () => {
    const toolchain = await ToolchainHarness.create();
    toolchain.freeBytes = 3e9;
    await expect(toolchain.install()).rejects.toMatchObject({ errorName: 'diskFull' });
    expect(existsSync(toolchain.layout.env)).toBe(false);
  });

  it('refuses other machines', async () => {
    const toolchain = await ToolchainHarness.create();
    toolchain.platform = 'darwin-arm64';
    await expect(toolchain.install()).rejects.toMatchObject({ errorName: 'toolchainPlatform' });
  });

  it('ends every process when it is cancelled, and can go on', async () => {
    const toolchain = await ToolchainHarness.create();
    const cancel = new AbortController();
    const installing = toolchain.install({}, { hang: 'torch' }, cancel.signal);
    const id = `install:${toolchain.layout.root}`;
    // pip, and a child in a session of its own.
    await expect.poll(() => processesOf(id), { timeout: 15_000 }).toHaveLength(2);
    cancel.abort();
    await expect(installing).rejects.toMatchObject({ errorName: 'cancelled' });
    expect(await processesOf(id)).toStrictEqual([]);
    expect((await toolchain.install()).state).toBe('ready');
  });

  it('ends what an installation left behind that was killed', async () => {
    const toolchain = await ToolchainHarness.create();
    const cancel = new AbortController();
    const first = toolchain.install({}, { hang: 'torch' }, cancel.signal);
    const id = `install:${toolchain.layout.root}`;
    await expect.poll(() => processesOf(id), { timeout: 15_000 }).toHaveLength(2);
    // What a killed backend leaves: its processes, and a lock that nobody renews.
    const [leader = 0] = await processesOf(id);
    process.kill(leader, 'SIGKILL');
    await expect(first).rejects.toMatchObject({ errorName: 'toolchainFailed' });
    expect(await processesOf(id)).toHaveLength(1);
    await toolchain.install();
    expect(await processesOf(id)).toStrictEqual([]);
  });

  it('waits for another installation in the same folder', async () => {
    const toolchain = await ToolchainHarness.create();
    const both = await Promise.all([toolchain.install(), toolchain.install()]);
    expect(both.map(({ state }) => state)).toStrictEqual(['ready', 'ready']);
    expect(toolchain.notices.join()).toContain('waiting for it');
    expect((await toolchain.calls()).filter((call) => call.includes('-m venv'))).toHaveLength(1);
  });

  it('is removed without a trace', async () => {
    const toolchain = await ToolchainHarness.create();
    await toolchain.install();
    const { signal } = new AbortController();
    await removeToolchain(toolchain.home, noDetails, signal, toolchain.env);
    expect(existsSync(toolchain.layout.root)).toBe(false);
    expect((await toolchain.status()).state).toBe('missing');
  });
});
