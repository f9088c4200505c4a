/** A toolchain in a folder of its own, whose Python is test/support/fakePython.cjs. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BUILD_PROGRAMS } from '../../../backend/toolchain/kernels.ts';
import { toolchainLayout } from '../../../backend/toolchain/layout.ts';
import { installToolchain, type InstallEdges } from '../../../backend/toolchain/install.ts';
import type { LockedPackage, ToolchainLock } from '../../../backend/toolchain/lock.ts';
import { toolchainStatus } from '../../../backend/toolchain/status.ts';
import type {
  ToolchainInstallParams,
  ToolchainStatus,
} from '../../../backend/protocol/toolchain.ts';
import { placeProgram } from '../../support/placeProgram.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

/** Few packages, of both kinds: small ones that go together, large ones that go alone. */
const lock: ToolchainLock = {
  python: '3.10',
  packages: [
    locked('nvidia-cublas-cu12', '12.1.3.1', 400e6),
    locked('onnx', '1.14.1', 14e6),
    locked('pip', '26.3', 2e6),
    locked('six', '1.17.0', 11e3),
    locked('torch', '2.4.1', 800e6),
    locked('tpu-mlir', '1.30.2', 300e6),
  ],
  uv: locked('uv', '0.13.9', 17e6),
};

function locked(name: string, version: string, bytes: number): LockedPackage {
  const file = `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;
  return { name, version, file, bytes, sha256: '0'.repeat(64) };
}

const readLock = () => Promise.resolve({ lock, digest: 'of the test' });

const fakePython = path.join(import.meta.dirname, '../../support/fakePython.mjs');

/** Puts the stand-in into a folder, as an executable of that name. */
export async function placeFakePython(folder: string, name = 'python3.10'): Promise<string> {
  return placeProgram(path.join(folder, name), `import(${JSON.stringify(fakePython)});`);
}

export type Misbehaviour = Partial<
  Record<'die' | 'error' | 'forget' | 'hang' | 'broken', string> & { says: readonly string[] }
>;

export class ToolchainHarness {
  readonly notices: string[] = [];
  readonly steps: string[] = [];
  freeBytes = 10e9;
  platform = 'linux-x64';

  private constructor(
    readonly home: string,
    readonly env: NodeJS.ProcessEnv,
    private readonly log: string,
  ) {}

  static async create(): Promise<ToolchainHarness> {
    const folder = await temporaryFolder();
    const bin = path.join(folder, 'bin');
    await placeFakePython(bin);
    for (const name of BUILD_PROGRAMS) await placeProgram(path.join(bin, name), '');
    const log = path.join(folder, 'log');
    const PATH = `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`;
    const env = { PATH, HOME: folder, FAKE_PYTHON_LOG: log };
    return new ToolchainHarness(path.join(folder, 'home'), env, log);
  }

  get layout(): ReturnType<typeof toolchainLayout> {
    return toolchainLayout(this.home);
  }

  install(
    params: ToolchainInstallParams = {},
    misbehaviour: Misbehaviour = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<ToolchainStatus> {
    const listener = {
      onProgress: ({ step }: { step: string }) => void this.steps.push(step),
      onNotice: (text: string) => void this.notices.push(text),
    };
    return installToolchain(this.home, params, listener, signal, this.edges(misbehaviour));
  }

  edges(misbehaviour: Misbehaviour = {}): InstallEdges {
    return {
      env: { ...this.env, FAKE_PYTHON: JSON.stringify(misbehaviour) },
      platform: this.platform,
      freeBytes: () => Promise.resolve(this.freeBytes),
      readLock,
    };
  }

  status(): Promise<ToolchainStatus> {
    return toolchainStatus(this.home, this.env, new AbortController().signal, readLock);
  }

  /** How the stand-in was called since the last time this was asked, a line a call. */
  async calls(): Promise<string[]> {
    const { length } = this.#seen;
    this.#seen = (await readFile(this.log, 'utf8')).trim().split('\n');
    return this.#seen.slice(length);
  }
  #seen: string[] = [];
}
