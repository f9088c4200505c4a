/** The desktop VS Code, where there is one and a display for it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run } from '../run.ts';

/** The first version with what the extension uses, as `engines` in package.json. */
const OLDEST = { major: 1, minor: 104 };

export interface DesktopCode {
  readonly command: string;
  readonly version: string;
}

/** Undefined without a display, without `code` on the PATH, or when it is too old. */
export async function findDesktopCode(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<DesktopCode | undefined> {
  const hasDisplay = platform === 'darwin' || Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY']);
  if (!hasDisplay) return undefined;
  const folders = (env['PATH'] ?? '').split(delimiter);
  const candidates = ['code', 'code-insiders']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    // Windows' own VS Code, seen from WSL, would install the extension on the other side.
    .filter((path) => !path.startsWith('/mnt/') && existsSync(path));
  for (const command of candidates) {
    const output = await run(command, [...asRoot(), '--version'], { env, timeoutMs: 30_000 }).catch(
      () => '',
    );
    const [version, major, minor] = /^(\d+)\.(\d+)\.\d+/m.exec(output) ?? [];
    if (version === undefined || Number(major) !== OLDEST.major) continue;
    if (Number(minor) >= OLDEST.minor) return { command, version };
  }
  return undefined;
}

/**
 * Opens a window with a profile of its own and resolves when it has been closed.
 * @throws RunError when the extension can't be installed
 */
export async function openDesktopCode(
  { command }: DesktopCode,
  profile: string,
  vsix: string,
  workspace: string,
  settings: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<void> {
  const common = [
    ...asRoot(),
    ...['--user-data-dir', join(profile, 'data')],
    ...['--extensions-dir', join(profile, 'extensions')],
  ];
  await mkdir(join(profile, 'data/User'), { recursive: true });
  await writeFile(join(profile, 'data/User/settings.json'), JSON.stringify(settings, undefined, 2));
  await run(command, [...common, '--install-extension', vsix, '--force'], { timeoutMs: 120_000 });
  const args = [...common, '--new-window', '--disable-workspace-trust', '--wait', workspace];
  const child = spawn(command, args, { stdio: 'ignore', signal });
  // An abort is how Ctrl+C ends it.
  child.on('error', () => undefined);
  await once(child, 'close');
}

/** What VS Code asks for before it runs as root. */
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}
