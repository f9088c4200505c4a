/** Finds a Chromium for playwright-core, or installs Debian's. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { run } from '../run.ts';
import type { Report } from './provision.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Nothing from outside is needed, and looking for it would only fill the log. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of a browser that starts, if there is one. */
async function find(): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
    // What "npx playwright-core install chromium" leaves.
    chromium.executablePath(),
  ];
  for (const path of candidates.filter((candidate) => existsSync(candidate))) {
    // Ubuntu's package is a stub that asks for snap: it exists, but does not run.
    const version = await run(path, ['--version'], { timeoutMs: 30_000 }).catch(() => '');
    if (/\d+\.\d+/.test(version)) return path;
  }
  return undefined;
}

/**
 * The path of a Chromium.
 * @throws Error saying how to get one, where there is none and it can't be installed from here.
 */
export async function provideChromium(report: Report): Promise<string> {
  const found = await find();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    report("Installing Debian's Chromium");
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (args: readonly string[]): Promise<string> =>
      run('apt-get', ['-y', '-q', ...args], { env, timeoutMs: 15 * 60_000 });
    await apt(['update']);
    // The second font is for the pictures of the editor in Chinese.
    const fonts = ['fonts-dejavu-core', 'fonts-wqy-microhei'];
    await apt(['install', '--no-install-recommends', 'chromium', ...fonts]);
    const installed = await find();
    if (installed) return installed;
  }
  throw new Error(
    'The editor tests need Chromium. Install it ("sudo apt-get install chromium", Google Chrome, or "npx playwright-core install chromium") and run them again.',
  );
}

/** A headless browser. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  return await chromium.launch({
    executablePath,
    // Chromium's sandbox refuses to run as root, which is what containers are.
    chromiumSandbox: process.getuid?.() !== 0,
    args: FLAGS,
  });
}
