/**
 * vitest's global set-up of the tests that compile: the vendor's compiler, in the cache. It takes
 * 7 GB, so it is installed by itself only in CI, where such a test must not be skipped, or with
 * TPU_PILOT_TEST_TOOLCHAIN=1.
 */
import { defaultInstallEdges, installToolchain } from '../../backend/toolchain/install.ts';
import { toolchainStatus } from '../../backend/toolchain/status.ts';
import { toolchainHome } from './linkToolchain.ts';

const isWanted = Boolean(process.env['CI']) || process.env['TPU_PILOT_TEST_TOOLCHAIN'] === '1';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

export default async function setup(): Promise<void> {
  if (!isWanted) return;
  const never = new AbortController().signal;
  const { state } = await toolchainStatus(toolchainHome, process.env, never);
  if (state === 'ready') return;
  say(`Installing the compiler into ${toolchainHome} (6.7 GB)`);
  let told = '';
  const listener = {
    onProgress: ({ step }: { step: string }) => {
      if (step !== told) say(step);
      told = step;
    },
    onNotice: say,
  };
  await installToolchain(toolchainHome, {}, listener, never, defaultInstallEdges(process.env));
}
