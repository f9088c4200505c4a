/** `toolchain/install`: installing the compiler as a job. */
import type { JobInfo } from '../protocol/jobs.ts';
import type { ToolchainInstallParams } from '../protocol/toolchain.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { defaultInstallEdges, installToolchain, type InstallEdges } from '../toolchain/install.ts';
import type { JobService } from './jobService.ts';

/**
 * Answers at once with the job; the same installation that is under way is answered again.
 * @throws PilotError draining
 */
export function startToolchainInstall(
  jobs: JobService,
  home: string,
  params: ToolchainInstallParams,
  edges: InstallEdges = defaultInstallEdges(process.env),
): JobInfo {
  return jobs.start({
    kind: 'toolchain',
    title: jobSentence('installCompiler'),
    key: JSON.stringify(['toolchain', params.python, params.torchIndex, params.docker]),
    run: async (control) => {
      await installToolchain(home, params, control, control.signal, edges);
      return undefined;
    },
  });
}
