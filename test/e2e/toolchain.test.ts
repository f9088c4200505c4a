/** The compiler's installation and its predictions, from the palette of the real editor. */
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { addModel } from '../../backend/models/add.ts';
import { ModelStore } from '../../backend/models/store.ts';
import { PilotPage } from '../support/editor/pilotPage.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';
import type { Workbench } from '../support/editor/workbench.ts';
import { describeCompiler, linkToolchain } from '../support/linkToolchain.ts';
import { makeTinyModel } from '../support/tinyModel.ts';

const LONG_MS = 230_000;
const nobody = { onProgress: () => undefined, onNotice: () => undefined };

/** With a model that is no model for the CPU. */
async function prepareHome(home: string): Promise<void> {
  const folder = path.join(home, '../models/tiny-qwen3');
  await makeTinyModel(folder, { layers: 1 });
  await addModel(new ModelStore(home), { path: folder }, nobody, new AbortController().signal);
}

/** What is asked before anything is fetched; it is there until it is answered. */
async function asked(window: Workbench): Promise<Locator> {
  await window.runCommand('Notifications: Clear All Notifications');
  await window.runCommand('TPU Pilot: Install Toolchain');
  const dialog = window.page.locator('.monaco-dialog-box');
  await dialog.waitFor({ timeout: 120_000 });
  return dialog;
}

async function answer(dialog: Locator, button: string): Promise<void> {
  await dialog.locator('.monaco-button', { hasText: button }).click();
  await dialog.waitFor({ state: 'detached' });
}

const withoutModel = async (window: Workbench): Promise<void> => {
  await window.statusBar(/TPU no model/).waitFor({ timeout: 120_000 });
};

describeEditor(
  'without the compiler',
  (suite) => {
    suite.it('announces its gigabytes, and fetches nothing when told not to', async () => {
      const { window } = suite;
      const dialog = await asked(window);
      const text = await dialog.textContent();
      expect(text).toMatch(/3\.\d+ GB are downloaded and take [67]\.\d+ GB on the disk/);
      await window.screenshot(screenshots, 'toolchain-announced');
      await answer(dialog, 'Cancel');
      await window.runCommand('TPU Pilot: Show Jobs');
      await window.page.getByPlaceholder(/No job yet/).waitFor();
      await window.press('Escape');
    });
  },
  {},
  { model: false, until: withoutModel },
);

describeCompiler('with the compiler', () => {
  describeEditor(
    'that is installed already',
    (suite) => {
      suite.it('offers to check and repair it instead of installing it again', async () => {
        const dialog = await asked(suite.window);
        expect(await dialog.textContent()).toContain('is installed and works');
        await dialog.locator('.monaco-button', { hasText: 'Repair' }).waitFor();
        await suite.window.screenshot(screenshots, 'toolchain-installed');
        await answer(dialog, 'Cancel');
      });

      suite.it('predicts by its schedule, up to the report', async () => {
        const { window } = suite;
        await window.runCommand('TPU Pilot: Predict Performance');
        const choice = window.page.locator('.quick-input-list .monaco-list-row');
        await choice.filter({ hasText: 'tiny-qwen3' }).first().click();
        await choice.filter({ hasText: 'w8bf16' }).first().click();
        const page = new PilotPage(window);
        await page.frame.getByText('w8bf16, groups of').waitFor();
        await page.button('Predict with the Compiler').click();
        await window.notification(/Predict tiny-qwen3/).waitFor();
        await window.screenshot(screenshots, 'predict-compiling');
        const method = page.frame.getByText(/from the schedule of the compiler, tpu-mlir 1\.30\.2/);
        await method.waitFor({ timeout: LONG_MS });
        await page.scrollTo(method);
        await window.screenshot(screenshots, 'predict-compiled');
        expect(await page.frame.getByText('Predict with the Compiler').count()).toBe(0);
      });
    },
    {},
    {
      model: false,
      prepareHome: async (home) => {
        await linkToolchain(home);
        await prepareHome(home);
      },
      until: withoutModel,
    },
  );
});
