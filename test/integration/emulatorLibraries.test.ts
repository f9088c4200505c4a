/** The emulator's libraries, taken out of the compiler, run a device in a process of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emulatorLibraries } from '../../backend/cardLibraries.ts';
import { deviceSpecs, thisMachine } from '../../backend/deviceSpecs.ts';
import { describeCompiler, linkToolchain } from '../support/linkToolchain.ts';

const execute = promisify(execFile);

/** bmlib_runtime.h: bm_device_mem_t, and the calls by their names. */
const openDevice = `
import path from 'node:path';
import koffi from 'koffi';
const folder = process.env.TPU_PILOT_CARD_LIBRARIES;
const bmlib = koffi.load(path.join(folder, 'libbmlib.so.0'), { global: true });
const bmrt = koffi.load(path.join(folder, 'libbmrt.so.1.0'), { global: true });
koffi.struct('bm_device_mem_t', {
  device_addr: 'uint64_t', reserved: 'uint32_t', dmabuf_fd: 'int32_t', flags: 'uint32_t', size: 'uint32_t' });
const request = bmlib.func('int bm_dev_request(_Out_ void **handle, int devid)');
const chip = bmlib.func('int bm_get_chipid(void *handle, _Out_ unsigned int *chip)');
const allocate = bmlib.func(
  'int bm_malloc_device_byte(void *handle, _Out_ bm_device_mem_t *mem, unsigned int size)');
const toDevice = bmlib.func('int bm_memcpy_s2d(void *handle, bm_device_mem_t mem, void *from)');
const toHost = bmlib.func('int bm_memcpy_d2s(void *handle, void *to, bm_device_mem_t mem)');
const freeMemory = bmlib.func('void bm_free_device(void *handle, bm_device_mem_t mem)');
const create = bmrt.func('void *bmrt_create(void *handle)');
const destroy = bmrt.func('void bmrt_destroy(void *runtime)');
const freeDevice = bmlib.func('void bm_dev_free(void *handle)');
const [handle, id, mem] = [[null], [0], {}];
const sent = Buffer.from(Array.from({ length: 65536 }, (_, n) => n * 7 & 255));
const received = Buffer.alloc(sent.length);
const status = [request(handle, 0), chip(handle[0], id), allocate(handle[0], mem, sent.length),
  toDevice(handle[0], mem, sent), toHost(handle[0], received, mem)];
const runtime = create(handle[0]);
freeMemory(handle[0], mem);
destroy(runtime);
freeDevice(handle[0]);
console.error(JSON.stringify({ status, chip: id[0], equal: sent.equals(received), runtime: runtime !== null }));
`;

describeCompiler('the libraries of the emulator', () => {
  let home: string;
  beforeAll(async () => {
    home = await linkToolchain(await mkdtemp(path.join(tmpdir(), 'tpu-pilot-test-')));
  });
  afterAll(async () => rm(home, { recursive: true, force: true }));

  it('lie in a folder of their own, by the version of the compiler', async () => {
    const folder = await emulatorLibraries(home, process.env);
    expect(path.relative(home, folder)).toMatch(/^emulator\/v1\.30\.2-\d+$/);
    const names = await readdir(folder);
    expect(names.sort()).toEqual(['libbmlib.so.0', 'libbmrt.so.1.0', 'libcmodel_bm1684x.so']);
    const { size } = await stat(path.join(folder, 'libbmrt.so.1.0'));
    expect(size).toBeGreaterThan(1_000_000);
  });

  it('open a device, copy to its memory and back, and let it go', async () => {
    const choice = { device: { kind: 'emulator', chips: 2 } } as const;
    const specs = await deviceSpecs(
      { ...choice, slots: undefined, libsophon: undefined },
      'unused.js',
      thisMachine(home),
    );
    for (const { host } of specs) {
      if (host instanceof Error) throw host;
      const { stdout, stderr } = await execute(
        process.execPath,
        ['--input-type=module', '-e', openDevice],
        { env: { ...process.env, ...host.env } },
      );
      expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toEqual({
        status: [0, 0, 0, 0, 0],
        chip: 0x1686,
        equal: true,
        runtime: true,
      });
      expect(stdout).toContain('cmodel_deinit complete');
    }
  });
});
