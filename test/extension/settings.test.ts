import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import {
  backendSettings,
  chatSettings,
  excludePatterns,
  inlineCompletionSettings,
  needsRestart,
  setInlineCompletion,
} from '../../extension/settings.ts';
import { fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

const python = { uri: vscode.Uri.file('/p/a.py'), languageId: 'python' };

test('the manifest has a valid default for every setting', () => {
  expect(backendSettings()).toEqual({
    url: '',
    autoStart: true,
    home: '',
    device: 'auto',
    model: '',
  });
  expect(inlineCompletionSettings(python)).toEqual({
    enabled: true,
    languageEnabled: true,
    maxTokens: 64,
    multiline: 'auto',
    context: true,
    fillInOrder: 'auto',
  });
  expect(chatSettings().maxTokens).toBe(1024);
  expect(excludePatterns()).toContain('**/.env');
});

test.each([0, -1, 1.5, '64', null, [], 1e9])('maxTokens %j counts as the default', (value) => {
  fake.userSettings.set('tpuPilot.inlineCompletion.maxTokens', value);
  expect(inlineCompletionSettings(python).maxTokens).toBe(64);
});

test('a language on the list gets no suggestions', () => {
  fake.userSettings.set('tpuPilot.inlineCompletion.disabledLanguages', ['python']);
  expect(inlineCompletionSettings(python).languageEnabled).toBe(false);
  expect(inlineCompletionSettings({ ...python, languageId: 'go' }).languageEnabled).toBe(true);
  expect(inlineCompletionSettings().languageEnabled).toBe(true);
});

test('a workspace adds to the exclude list and takes nothing away', () => {
  fake.userSettings.set('tpuPilot.exclude', ['**/mine']);
  fake.workspaceSettings.set('tpuPilot.exclude', []);
  expect(excludePatterns()).toEqual(['**/mine']);
  fake.workspaceSettings.set('tpuPilot.exclude', ['**/theirs', '**/mine']);
  expect(excludePatterns()).toEqual(['**/mine', '**/theirs']);
});

test('an exclude list of the wrong type is not an empty one', () => {
  fake.userSettings.set('tpuPilot.exclude', 'all');
  expect(excludePatterns()).toContain('**/.env');
});

test('inline completion is switched where it is set', async () => {
  await setInlineCompletion(false);
  expect(fake.userSettings.get('tpuPilot.inlineCompletion.enable')).toBe(false);
  fake.workspaceSettings.set('tpuPilot.inlineCompletion.enable', false);
  await setInlineCompletion(true);
  expect(fake.workspaceSettings.get('tpuPilot.inlineCompletion.enable')).toBe(true);
  expect(inlineCompletionSettings().enabled).toBe(true);
});

test.each([
  ['tpuPilot.backend.url', true],
  ['tpuPilot.model', true],
  ['tpuPilot.device', true],
  ['tpuPilot.backend.autoStart', false],
  ['tpuPilot.chat.maxTokens', false],
])('%s needs a restart: %s', (changed, expected) => {
  const event = { affectsConfiguration: (key: string) => changed.startsWith(key) };
  expect(needsRestart(event)).toBe(expected);
});
