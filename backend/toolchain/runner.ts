/**
 * Where the steps of the toolchain run: on this machine, or in a container with the same folders
 * under the same names. Only says what to start; toolProcess.ts starts it.
 */
import { createHash } from 'node:crypto';
import process from 'node:process';

/** A step, as it is meant. Paths are absolute; nothing passes through a shell. */
export interface ToolCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Added to what the place it runs in has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders put before the search path. */
  readonly path?: readonly string[];
  /** Folders it reads and writes, besides `cwd`. */
  readonly folders?: readonly string[];
  /** It is talked to on its standard input; else it has none. */
  readonly readsInput?: boolean;
}

/** What the operating system is asked to start. */
export interface HostCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Runner {
  /** For people: `this machine`, or the image. */
  readonly place: string;
  /** False where the host's file system and PATH say nothing about what can be started. */
  readonly isLocal: boolean;
  start(command: ToolCommand, runId: string): HostCommand;
  /** Ends what killing the started process leaves behind; undefined where there is no such thing. */
  end(runId: string): HostCommand | undefined;
}

/** Of the user's Python settings, those that would send packages elsewhere or bring in others. */
const UNWANTED = /^(PYTHON|VIRTUAL_ENV$|CONDA_|PIP_(TARGET|PREFIX|ROOT|USER|REQUIRE_VIRTUALENV)$)/;

/** Said to every Python: only its own packages, and output as it comes. */
const pythonSettings = { PYTHONNOUSERSITE: '1', PYTHONUNBUFFERED: '1', PIP_USER: '0' } as const;

export function localRunner(env: NodeJS.ProcessEnv): Runner {
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !UNWANTED.test(name)));
  return {
    place: 'this machine',
    isLocal: true,
    start: ({ file, args, cwd, env: added, path = [] }) => ({
      file,
      args,
      cwd,
      env: {
        ...kept,
        ...pythonSettings,
        PATH: [...path, kept['PATH'] ?? SYSTEM_PATH].join(':'),
        ...added,
      },
    }),
    end: () => undefined,
  };
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Settings of pip and proxies that mean the same inside a container. */
const PASSED =
  /^(PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|TIMEOUT|DEFAULT_TIMEOUT)|(HTTPS?|NO)_PROXY)$/i;

/** @param image runs with Docker's own client, `docker`, found on the PATH of `env` */
export function dockerRunner(
  image: string,
  env: NodeJS.ProcessEnv,
  user: string | undefined = currentUser(),
): Runner {
  return {
    place: image,
    isLocal: false,
    start: (command, runId) => {
      const folders = new Set([command.cwd, ...(command.folders ?? [])]);
      const settings = {
        ...pythonSettings,
        // The user of the host has neither home nor name in the image, and the compiler builds
        // parts of nets below the home, with scripts that do not quote its name.
        HOME: /\s/u.test(command.cwd) ? '/tmp' : command.cwd,
        USER: 'tpu-pilot',
        PATH: [...(command.path ?? []), SYSTEM_PATH].join(':'),
        ...command.env,
      };
      return {
        file: 'docker',
        args: [
          ...['run', '--rm', '--init', '--name', containerName(runId), '--workdir', command.cwd],
          ...(command.readsInput ? ['--interactive'] : []),
          // Else the files it writes would belong to root.
          ...(user === undefined ? [] : ['--user', user]),
          ...[...folders].flatMap((folder) => ['--mount', mountOf(folder)]),
          // Without their values, which may hold a password: the client reads them where it runs.
          ...Object.keys(env)
            .filter((name) => PASSED.test(name))
            .flatMap((name) => ['--env', name]),
          ...Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
          ...['--entrypoint', command.file, image, ...command.args],
        ],
        cwd: command.cwd,
        env,
      };
    },
    // The container is a child of Docker's service, not of ours.
    end: (runId) => ({
      file: 'docker',
      args: ['rm', '--force', containerName(runId)],
      cwd: '/',
      env,
    }),
  };
}

/** Docker reads it as a line of CSV. */
function mountOf(folder: string): string {
  const fields = ['type=bind', `source=${folder}`, `target=${folder}`];
  const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;
  return fields.map((field) => (/[",\n]/u.test(field) ? quoted(field) : field)).join(',');
}

/**
 * What an exit code of `docker run` says of the container rather than of what ran in it (Docker's
 * reference, "docker run", exit status); undefined for a code of the program's own.
 */
export function containerFault(code: number): 'docker' | 'program' | undefined {
  if (code === 125) return 'docker';
  // May not be run, and cannot be found.
  return code === 126 || code === 127 ? 'program' : undefined;
}

/** The same for the same run, so that one left by a backend that was killed can be found again. */
function containerName(runId: string): string {
  return `tpu-pilot-${createHash('sha256').update(runId).digest('hex').slice(0, 16)}`;
}

function currentUser(): string | undefined {
  const [user, group] = [process.getuid?.(), process.getgid?.()];
  return user === undefined || group === undefined ? undefined : `${user}:${group}`;
}
