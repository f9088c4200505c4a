/**
 * Everything one editor test file needs: a home with the test model, a copy of the sample workspace,
 * a code-server with the packaged extension, and a browser. Nothing outside its temporary folder is
 * read or written.
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { attach } from '../../../backend/client/attach.ts';
import type { BackendClient } from '../../../backend/client/backendClient.ts';
import { readInstance } from '../../../backend/client/instanceFile.ts';
import type { ProvidedEditor } from '../provideEditor.ts';
import { run } from '../run.ts';
import { launchChromium } from './chromium.ts';
import { CodeServer } from './codeServer.ts';
import { extensionHostErrors } from './extensionHostLog.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '../../..');

/** Pictures of the tests, for people: of what they show, and of the moment one failed. */
export const screenshots = join(root, 'out/screenshots');

const SETTINGS = {
  'workbench.colorTheme': 'Default Dark Modern',
  'editor.fontFamily': "'JetBrains Mono', 'DejaVu Sans Mono', monospace",
  'editor.minimap.enabled': false,
  // The built-in language services would offer their own lists over the ghost text.
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.parameterHints.enabled': false,
  'window.commandCenter': false,
  // On by default in browsers; the tests save when they mean to.
  'files.autoSave': 'off',
};

export interface SessionOptions {
  /** Settings of the machine, such as the address of the backend: code-server's user can't set them. */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  /** Of the user interface, such as `zh-cn`; English unless given. */
  readonly language?: string;
  /** True: a folder is restricted until it is trusted. */
  readonly workspaceTrust?: boolean;
  /** Files that the sample workspace has beside its own, by their paths in it. */
  readonly files?: Readonly<Record<string, string>>;
  /** Makes further extensions in a folder and gives their files, which are installed beside ours. */
  readonly extensions?: (folder: string) => Promise<readonly string[]>;
  /** Called with the path of the home folder before the editor starts. */
  readonly prepareHome?: (home: string) => Promise<void>;
  readonly env?: NodeJS.ProcessEnv;
}

export class EditorSession implements AsyncDisposable {
  private readonly windows: Workbench[] = [];

  private constructor(
    private readonly folder: string,
    private readonly server: CodeServer,
    private readonly browser: Browser,
  ) {}

  /**
   * @param model Path of a GGUF file, which becomes the model `default` of a fresh home; undefined
   * for a home without models
   */
  static async start(
    provided: ProvidedEditor,
    model: string | undefined,
    settings: Readonly<Record<string, unknown>> = {},
    options: SessionOptions = {},
  ): Promise<EditorSession> {
    // Short: the paths of code-server's sockets may have 107 characters.
    const folder = await mkdtemp(join(tmpdir(), 'pilot-'));
    try {
      const home = join(folder, 'home');
      await mkdir(home);
      if (model !== undefined) await addModel(home, model);
      await options.prepareHome?.(home);
      const workspace = join(folder, 'playground');
      await cp(join(root, 'test/support/workspace'), workspace, { recursive: true });
      await writeFiles(workspace, options.files ?? {});
      const server = await CodeServer.start(provided.editor, {
        profile: join(folder, 'profile'),
        settings: { ...SETTINGS, ...settings },
        vsix: [provided.vsix, ...((await options.extensions?.(join(folder, 'made'))) ?? [])],
        // HOME too: git, npm and others write there.
        env: { TPU_PILOT_HOME: home, HOME: folder, ...options.env },
        ...(options.machineSettings && { machineSettings: options.machineSettings }),
        ...(options.language !== undefined && { language: options.language }),
        ...(options.workspaceTrust !== undefined && { workspaceTrust: options.workspaceTrust }),
      });
      return new EditorSession(folder, server, await launchChromium(provided.chromium));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get home(): string {
    return join(this.folder, 'home');
  }

  get workspace(): string {
    return join(this.folder, 'playground');
  }

  /** VS Code's folder of user data. */
  get userData(): string {
    return join(this.folder, 'profile/data');
  }

  /** Opens one more window: on the workspace, or on another folder. */
  async openWindow(folder = this.workspace): Promise<Workbench> {
    const window = await Workbench.open(this.browser, this.server.windowUrl(folder));
    this.windows.push(window);
    return window;
  }

  /** Saves what all windows show. */
  async screenshot(name: string): Promise<void> {
    for (const [index, window] of this.windows.entries()) {
      if (!window.page.isClosed()) await window.screenshot(screenshots, `${name}-${index + 1}`);
    }
  }

  /** A second client of the backend that the extension started. */
  async connect(): Promise<BackendClient> {
    const client = await attach(this.home);
    if (!client) throw new Error('No backend runs in this home.');
    return client;
  }

  /** The backend's process id; undefined when none runs. */
  async backendPid(): Promise<number | undefined> {
    return (await readInstance(this.home))?.pid;
  }

  /** Error lines of the extension hosts and of the extension's own log. */
  async errors(): Promise<string[]> {
    return await extensionHostErrors(this.server.logs, 'TPU Pilot');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    const pid = await this.backendPid();
    if (pid !== undefined) process.kill(pid, 'SIGTERM');
    while ((await this.backendPid()) !== undefined)
      await new Promise((next) => setTimeout(next, 50));
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** Makes a GGUF file or a folder the model `default` of a home. It stays where it is. */
export async function addModel(home: string, model: string): Promise<void> {
  const main = join(root, 'dist/main.js');
  const args = ['model', 'add', model, '--alias', 'default', '--home', home];
  await run(process.execPath, [main, ...args], { timeoutMs: 120_000 });
}
