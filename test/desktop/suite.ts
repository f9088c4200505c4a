/**
 * Tests that run inside the extension host. `run` is what VS Code calls; it writes its counts to the
 * file that TPU_PILOT_TEST_REPORT names, because VS Code passes on only whether it threw.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import * as z from 'zod';

const Manifest = z.object({
  contributes: z.object({
    commands: z.array(z.object({ command: z.string() })),
    configuration: z.array(z.object({ properties: z.record(z.string(), z.looseObject({})) })),
  }),
});

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension('tpu-pilot.tpu-pilot');
  assert(found, 'the extension is installed');
  return found;
}

const tests: Readonly<Record<string, () => Promise<void>>> = {
  'activates without proposed API': async () => {
    await extension().activate();
    assert(extension().isActive);
  },

  'registers every command of its manifest': async () => {
    const { contributes } = Manifest.parse(extension().packageJSON);
    const registered = await vscode.commands.getCommands(true);
    const missing = contributes.commands.filter(({ command }) => !registered.includes(command));
    assert.deepEqual(missing, []);
  },

  'has a default for every setting': () => {
    const { contributes } = Manifest.parse(extension().packageJSON);
    const keys = contributes.configuration.flatMap(({ properties }) => Object.keys(properties));
    for (const key of keys) {
      assert.notEqual(vscode.workspace.getConfiguration().get(key), undefined, key);
    }
    return Promise.resolve();
  },

  'offers its language model': async () => {
    const models = await vscode.lm.selectChatModels({ vendor: 'tpu-pilot' });
    assert.equal(models.length, 1);
  },

  'offers its tools to every agent': () => {
    const ours = vscode.lm.tools.filter(({ name }) => name.startsWith('tpu-pilot_'));
    assert.equal(ours.length, 3);
    return Promise.resolve();
  },
};

export async function run(): Promise<void> {
  const failures: string[] = [];
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log(`  passed: ${name}`);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      console.error(`  FAILED: ${failures.at(-1)}`);
    }
  }
  const report = process.env['TPU_PILOT_TEST_REPORT'];
  const passed = Object.keys(tests).length - failures.length;
  if (report) await writeFile(report, JSON.stringify({ passed, failed: failures.length }));
  if (failures.length > 0) throw new Error(failures.join('\n'));
}
