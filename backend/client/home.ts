/** The home folder: everything the backend keeps on disk, and where. */
import path from 'node:path';
import envPaths from 'env-paths';

export interface HomePaths {
  readonly root: string;
  /** The owner's token: 64 hex digits, mode 0600. */
  readonly token: string;
  /** Named tokens: names, roles and sha256 only. */
  readonly tokens: string;
  /** Where the running backend is, see instanceFile.ts. */
  readonly instance: string;
  /** Optional configuration, see backend/config.ts. */
  readonly config: string;
  readonly models: string;
  /** Partial downloads. */
  readonly downloads: string;
  /** Work folders of conversions that are not at their end. */
  readonly conversions: string;
  /** The emulator's libraries, by the compiler's version. */
  readonly emulator: string;
  /** Records and logs of jobs, see backend/jobs/jobFiles.ts. */
  readonly jobs: string;
  /** The backend's log; older ones beside it. */
  readonly log: string;
}

/** The flag's folder, else TPU_PILOT_HOME, else the platform's data folder. Absolute. */
export function homeFolder(flag?: string, env: NodeJS.ProcessEnv = process.env): string {
  // An empty variable counts as none.
  const chosen = [flag, env['TPU_PILOT_HOME']].find((folder) => folder);
  return path.resolve(chosen ?? envPaths('tpu-pilot', { suffix: '' }).data);
}

export function homePaths(root: string): HomePaths {
  return {
    root,
    token: path.join(root, 'token'),
    tokens: path.join(root, 'tokens.json'),
    instance: path.join(root, 'backend.json'),
    config: path.join(root, 'config.json'),
    models: path.join(root, 'models'),
    downloads: path.join(root, 'downloads'),
    conversions: path.join(root, 'conversions'),
    emulator: path.join(root, 'emulator'),
    jobs: path.join(root, 'jobs'),
    log: path.join(root, 'logs', 'backend.log'),
  };
}
