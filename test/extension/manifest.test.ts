/** The manifest, its texts and the code name the same things, in both languages. */
import { readdirSync, readFileSync } from 'node:fs';
import * as ts from 'typescript';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { errorTable } from '../../backend/protocol/errorTable.ts';
import { jobTable } from '../../backend/protocol/jobSentences.ts';
import { noticeTable } from '../../backend/protocol/notices.ts';
import { PARTICIPANT_ID } from '../../extension/chat/participant.ts';
import { commands } from '../../extension/commandIds.ts';
import { settingKeys } from '../../extension/settings.ts';
import { WALKTHROUGH, walkthroughKeys } from '../../extension/walkthrough.ts';

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
    configuration: z.array(
      z.object({
        title: z.string(),
        order: z.number(),
        properties: z.record(
          z.string(),
          z.looseObject({
            scope: z.string(),
            order: z.number(),
            type: z.union([z.string(), z.array(z.string())]),
            default: z.json(),
            markdownDescription: z.string(),
          }),
        ),
      }),
    ),
    walkthroughs: z.array(
      z.object({
        id: z.string(),
        steps: z.array(
          z.object({
            id: z.string(),
            description: z.string(),
            media: z.object({ markdown: z.string() }),
            completionEvents: z.array(z.string()).min(1),
          }),
        ),
      }),
    ),
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
const groups = manifest.contributes.configuration;
const properties = Object.fromEntries(groups.flatMap((group) => Object.entries(group.properties)));

/** Every literal that the sources pass to l10n.t. */
function localizedTexts(): string[] {
  const texts: string[] = [];
  for (const name of readdirSync('extension', { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts'),
  )) {
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
  expect(settingKeys.length).toBeLessThan(25);
});

test('settings are in groups, ordered, typed and explained', () => {
  expect(groups.length).toBeGreaterThan(2);
  expect(groups.map(({ order }) => order)).toEqual(groups.map((_, index) => index));
  for (const group of groups) {
    const settings = Object.values(group.properties);
    expect(settings.map(({ order }) => order)).toEqual(settings.map((_, index) => index));
    for (const { markdownDescription } of settings) {
      expect(english[markdownDescription.slice(1, -1)]?.length).toBeGreaterThan(20);
    }
  }
});

test('the walkthrough links to commands that exist, and has its pages in both languages', () => {
  const [walkthrough] = manifest.contributes.walkthroughs;
  expect(`tpu-pilot.tpu-pilot#${walkthrough?.id ?? ''}`).toBe(WALKTHROUGH);
  const ours: readonly string[] = Object.values(commands);
  for (const { description, media, completionEvents } of walkthrough?.steps ?? []) {
    for (const texts of [english, chinese]) {
      const text = texts[description.slice(1, -1)] ?? '';
      const linked = Array.from(text.matchAll(/\]\(command:([\w.]+)/g), ([, id = '']) => id);
      expect(linked.length).toBeGreaterThan(0);
      const strange = linked.filter((id) => !ours.includes(id) && !id.startsWith('workbench.'));
      expect(strange).toEqual([]);
    }
    for (const event of completionEvents) {
      const [, kind, id = ''] = /^(onCommand|onContext):(.+)$/.exec(event) ?? [];
      expect(kind === 'onCommand' ? ours : walkthroughKeys).toContain(id);
    }
    expect(readFileSync(media.markdown, 'utf8').length).toBeGreaterThan(100);
    const translated = media.markdown.replace(/\.md$/, '.nls.zh-cn.md');
    expect(readFileSync(translated, 'utf8')).toMatch(/\p{Script=Han}/u);
  }
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
  const needed = new Set([
    ...localizedTexts(),
    ...table,
    ...Object.values(noticeTable),
    ...Object.values(jobTable),
  ]);
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
