/** The manifest, its texts and the code name the same things, in both languages. */
import { readdirSync, readFileSync } from 'node:fs';
import * as ts from 'typescript';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { errorTable } from '../../backend/protocol/errors.ts';
import { PARTICIPANT_ID } from '../../extension/chatParticipant.ts';
import { commands } from '../../extension/commandIds.ts';
import { settingKeys } from '../../extension/settings.ts';

const Texts = z.record(z.string(), z.string());
const Manifest = z.looseObject({
  l10n: z.string(),
  activationEvents: z.array(z.string()),
  extensionKind: z.array(z.string()),
  capabilities: z.object({
    untrustedWorkspaces: z.object({
      supported: z.string(),
      restrictedConfigurations: z.array(z.string()),
    }),
  }),
  contributes: z.looseObject({
    commands: z.array(z.object({ command: z.string(), title: z.string(), category: z.string() })),
    chatParticipants: z.array(z.looseObject({ id: z.string(), name: z.string() })),
    configuration: z.object({
      properties: z.record(z.string(), z.looseObject({ scope: z.string() })),
    }),
  }),
});

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

const manifestText = readFileSync('package.json', 'utf8');
const manifest = Manifest.parse(JSON.parse(manifestText));
const english = Texts.parse(read('package.nls.json'));
const chinese = Texts.parse(read('package.nls.zh-cn.json'));
const bundle = Texts.parse(read(`${manifest.l10n}/bundle.l10n.zh-cn.json`));
const { properties } = manifest.contributes.configuration;

/** Every literal that the sources pass to l10n.t. */
function localizedTexts(): string[] {
  const texts: string[] = [];
  for (const name of readdirSync('extension').filter((file) => file.endsWith('.ts'))) {
    const path = `extension/${name}`;
    const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && node.expression.getText(source).endsWith('l10n.t')) {
        const [text] = node.arguments;
        if (text && ts.isStringLiteralLike(text)) texts.push(text.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return texts;
}

function placeholders(text: string): string[] {
  return Array.from(text.matchAll(/\{\w+\}/g), ([found]) => found).sort();
}

test('commands are contributed as the code names them, under one category', () => {
  const contributed = manifest.contributes.commands;
  expect(contributed.map(({ command }) => command).sort()).toEqual(Object.values(commands).sort());
  expect(new Set(contributed.map(({ category }) => category))).toEqual(new Set(['TPU Pilot']));
});

test('settings are contributed as the code reads them, and are few', () => {
  expect(Object.keys(properties).sort()).toEqual([...settingKeys].sort());
  expect(settingKeys.length).toBeLessThan(12);
});

test('a workspace cannot name addresses, folders, devices or models', () => {
  const machine = Object.keys(properties).filter((key) => properties[key]?.scope === 'machine');
  expect(machine.sort()).toEqual([
    'tpuPilot.backend.autoStart',
    'tpuPilot.backend.url',
    'tpuPilot.device',
    'tpuPilot.home',
    'tpuPilot.model',
  ]);
  const { untrustedWorkspaces } = manifest.capabilities;
  expect(untrustedWorkspaces.supported).toBe('limited');
  expect(untrustedWorkspaces.restrictedConfigurations).toContain('tpuPilot.chat.instructions');
});

test('the participant is @tpu', () => {
  expect(manifest.contributes.chatParticipants).toMatchObject([
    { id: PARTICIPANT_ID, name: 'tpu' },
  ]);
});

test('only stable API: no proposal is asked for, and no key is taken', () => {
  expect(manifest).not.toHaveProperty('enabledApiProposals');
  expect(manifest.contributes).not.toHaveProperty('keybindings');
});

test('every text of the manifest exists in both languages, and none is left over', () => {
  const used = Array.from(manifestText.matchAll(/"%([^%"]+)%"/g), ([, key = '']) => key).sort();
  expect(Object.keys(english).sort()).toEqual(used);
  expect(Object.keys(chinese).sort()).toEqual(used);
});

test('every text of the code and of the error table is translated, and none is left over', () => {
  const table = Object.values(errorTable).flatMap(({ sentence, remedy }) => [sentence, remedy]);
  const needed = new Set([...localizedTexts(), ...table]);
  const missing = [...needed].filter((text) => !(text in bundle));
  const leftOver = Object.keys(bundle).filter((text) => !needed.has(text));
  expect({ missing, leftOver }).toEqual({ missing: [], leftOver: [] });
});

test('translations keep the placeholders', () => {
  const broken = Object.entries(bundle).filter(
    ([text, translated]) => placeholders(translated).join() !== placeholders(text).join(),
  );
  expect(broken).toEqual([]);
});
