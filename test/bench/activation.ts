/**
 * How long the packaged extension takes to activate in a real editor, by the editor's own clock,
 * beside the extension for Git that comes with it: on the same machine, in the same windows.
 */
import { provideChromium } from '../support/editor/chromium.ts';
import { provideEditor } from '../support/editor/provision.ts';
import { EditorSession } from '../support/editor/session.ts';
import type { Workbench } from '../support/editor/workbench.ts';
import { packageExtension } from '../support/package.ts';
import { testModelPath } from '../support/provideModel.ts';
import type { Comparison } from './stats.ts';

const OURS = 'TPU Pilot';
const THEIRS = 'Git';

/** In ms, of one extension in the window's list of running ones. */
async function activationMs(window: Workbench, name: string): Promise<number> {
  const row = window.page
    .locator('.runtime-extensions-editor .monaco-list-row')
    .filter({ has: window.page.locator('.name', { hasText: new RegExp(`^${name}$`) }) });
  const text = (await row.locator('.activation-time').first().textContent()) ?? '';
  const [, time] = /(\d+)\s*ms/.exec(text) ?? [];
  if (time === undefined) throw new Error(`No activation time of ${name} in "${text}".`);
  return Number(time);
}

/** Each round is a new window, whose extension host loads everything anew. */
export async function activation(root: string, rounds: number): Promise<Comparison> {
  const report = (line: string): void => console.error(line);
  const provided = {
    vsix: await packageExtension(root),
    editor: await provideEditor(report),
    chromium: await provideChromium(report),
  };
  await using session = await EditorSession.start(provided, testModelPath());
  const ours: number[] = [];
  const direct: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const window = await session.openWindow();
    await window.pilotReady();
    await window.runCommand('Developer: Show Running Extensions');
    ours.push(await activationMs(window, OURS));
    direct.push(await activationMs(window, THEIRS));
    await window.close();
  }
  return { what: "activation (direct: VS Code's Git)", unit: 'ms', ours, direct, target: '-' };
}
