/**
 * `npm start [-- [--browser] [--port N] [--profile DIR]]`: builds, gets the default model, starts the
 * backend and opens VS Code with the extension in the sample workspace. Ctrl+C stops what was started,
 * and so does closing a desktop window.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attachOrStartWith } from '../../backend/client/attach.ts';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { homeFolder } from '../../backend/client/home.ts';
import { cacheFolder } from './cacheFolder.ts';
import { CodeServer } from './editor/codeServer.ts';
import { findDesktopCode, openDesktopCode } from './editor/desktop.ts';
import { provideEditor } from './editor/provision.ts';
import { packageExtension } from './package.ts';
import { run } from './run.ts';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'dist/main.js');
const home = homeFolder();
const { values: flags } = parseArgs({
  options: {
    /** The browser, although there is a desktop VS Code. */
    browser: { type: 'boolean' },
    port: { type: 'string', default: '0' },
    /** Where the editor keeps its settings and extensions. */
    profile: { type: 'string', default: cacheFolder() },
  },
});

/** Shows the workspace's README first. */
const settings = { 'workbench.startupEditor': 'readme' };

const step = (text: string): void => console.log(`== ${text}`);

const stopping = new AbortController();
const stopped = once(stopping.signal, 'abort');
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one does not wait.
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
  });
}

/** What was started, to be stopped in reverse. */
const cleanups: (() => Promise<unknown>)[] = [];
try {
  await Promise.race([start(), stopped]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  if (cleanups.length > 0) step('Stopping');
  for (const cleanup of cleanups.reverse()) await cleanup();
}
// Ends a build or download that Ctrl+C came into.
process.exit();

async function start(): Promise<void> {
  step('Building the extension');
  const vsix = await packageExtension(root);
  step('Getting the default model, once');
  await getModel();
  step('Starting the backend');
  await startBackend();
  // A copy outside, so that trying things out does not change the repository, and the editor does
  // not ask about the repository around it.
  const workspace = join(cacheFolder(), 'playground');
  if (!existsSync(workspace)) {
    await cp(join(root, 'test/support/workspace'), workspace, { recursive: true });
  }
  const desktop = flags.browser ? undefined : await findDesktopCode();
  if (!desktop) {
    await openInBrowser(vsix, workspace);
    return;
  }
  step(`Opening VS Code ${desktop.version}; closing its window, or Ctrl+C here, stops the backend`);
  const profile = join(flags.profile, 'profile-desktop');
  await openDesktopCode(desktop, profile, vsix, workspace, settings, stopping.signal);
}

async function getModel(): Promise<void> {
  const args = [main, 'model', 'pull', 'default', '--home', home];
  const pull = spawn(process.execPath, args, { stdio: 'inherit' });
  await once(pull, 'close');
  if (pull.exitCode !== 0) throw new Error('There is no model to answer with.');
}

async function startBackend(): Promise<void> {
  const options = {
    runtime: process.execPath,
    entry: main,
    args: ['--home', home, '--device', 'auto', '--model', 'default'],
  };
  const { client, started } = await attachOrStartWith(
    home,
    options,
    (target) => BackendClient.connect(target),
    stopping.signal,
  );
  cleanups.push(async () => {
    await client.close();
    // It waits until the process has ended.
    if (started) await run(process.execPath, [main, 'stop', '--home', home]);
  });
  if (!started) console.log('One is running already: it is used, and left running at the end.');
  await client.settled();
}

async function openInBrowser(vsix: string, workspace: string): Promise<void> {
  step('Opening VS Code for the browser (there is no desktop VS Code, or no display)');
  const editor = await provideEditor();
  // Other users of this machine can reach the port too, and an editor has a terminal.
  const password = randomBytes(9).toString('base64url');
  const server = await CodeServer.start(editor, {
    profile: join(flags.profile, 'profile-browser'),
    settings,
    vsix: [vsix],
    port: Number(flags.port),
    password,
  });
  cleanups.push(() => server.stop());
  const { port } = new URL(server.url);
  console.log(`
  Address:  ${server.windowUrl(workspace)}
  Password: ${password}

  From another machine, forward the port first: ssh -L ${port}:127.0.0.1:${port} HOST
  Ctrl+C stops it all.
`);
  await server.ended();
}
