/** A running code-server with a profile of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { killProcessGroup, run } from '../run.ts';
import { addLanguage } from './languagePack.ts';
import type { Editor } from './provision.ts';

export interface CodeServerOptions {
  /** The folder of user data, extensions and logs; made when missing. */
  readonly profile: string;
  /** User settings, written over those of the profile. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Settings of the machine that the extension host runs on: those with the scope "machine". */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  /** The display language, such as `zh-cn`; English unless given. */
  readonly language?: string;
  /** Asks whether to trust a folder, as VS Code does. Otherwise everything is trusted. */
  readonly workspaceTrust?: boolean;
  /** Files of extensions to install first. */
  readonly vsix?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** 0, the default, picks a free one. */
  readonly port?: number;
  /** Asked for in the browser; without one, anybody on this machine can use the editor. */
  readonly password?: string;
}

/** What every profile here needs: quiet, local, nothing fetched. */
const BASE_SETTINGS = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
} as const;

const START_LIMIT_MS = 60_000;

export class CodeServer {
  private constructor(
    private readonly process: ChildProcess,
    /** With the port: `http://127.0.0.1:PORT`. */
    readonly url: string,
    private readonly profile: string,
  ) {}

  /**
   * Installs the extensions and starts the server, on the loopback interface only.
   * @throws RunError when an extension can't be installed; Error when the server does not start.
   */
  static async start(editor: Editor, options: CodeServerOptions): Promise<CodeServer> {
    const { profile } = options;
    const data = join(profile, 'data');
    await mkdir(data, { recursive: true });
    await writeFile(join(profile, 'config.yaml'), 'auth: none\ncert: false\n');
    await writeSettings(join(data, 'User'), { ...BASE_SETTINGS, ...options.settings });
    await writeSettings(join(data, 'Machine'), options.machineSettings ?? {});
    if (options.language !== undefined) await addLanguage(data, options.language);
    const common = [
      editor.entry,
      ...['--config', join(profile, 'config.yaml')],
      ...['--user-data-dir', data],
      ...['--extensions-dir', join(profile, 'extensions')],
    ];
    const env = {
      ...process.env,
      // The runner's options are not meant for the editor's Node.
      NODE_OPTIONS: undefined,
      PASSWORD: options.password,
      ...options.env,
    };
    for (const file of options.vsix ?? []) {
      await run(editor.node, [...common, '--install-extension', file, '--force'], {
        env,
        timeoutMs: 120_000,
      });
    }
    const args = [
      ...common,
      ...['--auth', options.password === undefined ? 'none' : 'password'],
      ...['--bind-addr', `127.0.0.1:${options.port ?? 0}`],
      ...['--disable-telemetry', '--disable-update-check'],
      ...(options.workspaceTrust === true ? [] : ['--disable-workspace-trust']),
      ...(options.language === undefined ? [] : ['--locale', options.language]),
      '--disable-getting-started-override',
      // A window that is closed takes its extension host with it, soon.
      ...['--reconnection-grace-time', '5'],
      // Without an upstream, VS Code does not start its Copilot agent runtime beside every server.
      ...['--vscode-option', 'agent-host-bridge-host=127.0.0.1'],
    ];
    const child = spawn(editor.node, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group, so that extension hosts end with it.
      detached: true,
    });
    process.once('exit', () => killProcessGroup(child.pid, 'SIGKILL'));
    return new CodeServer(child, await addressOf(child), profile);
  }

  /** The address of a window on a folder. */
  windowUrl(folder: string): string {
    return `${this.url}/?folder=${encodeURIComponent(folder)}`;
  }

  /** Where the extension hosts write their logs. */
  get logs(): string {
    return join(this.profile, 'data/logs');
  }

  /** Settles when the server ends by itself. */
  async ended(): Promise<void> {
    if (this.process.exitCode === null) await once(this.process, 'exit');
  }

  /** Ends the server and its extension hosts. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exited = once(this.process, 'exit');
      killProcessGroup(this.process.pid, 'SIGTERM');
      const timer = setTimeout(() => killProcessGroup(this.process.pid, 'SIGKILL'), 5000);
      await exited;
      clearTimeout(timer);
    }
    killProcessGroup(this.process.pid, 'SIGKILL');
  }
}

async function writeSettings(
  folder: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings, undefined, 2));
}

/** Waits for the line with the address. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (reason: string): void => {
      killProcessGroup(child.pid, 'SIGKILL');
      reject(new Error(`code-server ${reason}\n${output}`));
    };
    const timer = setTimeout(
      () => fail(`did not start in ${START_LIMIT_MS / 1000} s`),
      START_LIMIT_MS,
    );
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-16_384);
      const url = /HTTP server listening on (http:\/\/[\d.]+:\d+)/.exec(output)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('error', (error) => fail(`could not be started: ${error.message}`));
    child.on('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with exit code ${code ?? -1} before it was ready`);
    });
  });
}
