import { readdir, stat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { readZip, type ZipContents } from '../support/zipEntries.ts';

const root = join(import.meta.dirname, '../..');
const platform = `${process.platform}-${process.arch}`;

/** Everything that may be in the package; each pattern must match something. */
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/package\.json$/,
  /^extension\/package\.nls(\.zh-cn)?\.json$/,
  /^extension\/(readme|changelog)\.md$/,
  /^extension\/LICENSE\.txt$/,
  /^extension\/dist\/(main|deviceHost|tokenizerThread|cardThread)\.js$/,
  /^extension\/dist\/extension\.cjs$/,
  /^extension\/dist\/pages\/page\.(js|css)$/,
  /^extension\/dist\/llama\/(LICENSE|lib(llama\.v[\d.]+|ggml(-[\w-]+|\.v[\d.]+)?)\.so)$/,
  /^extension\/dist\/python\/(\w+\.py|lock\.json)$/,
  /^extension\/dist\/node_modules\/koffi\/(LICENSE\.txt|package\.json|index\.c?js)$/,
  /^extension\/dist\/node_modules\/koffi\/src\/koffi\/(src\/)?\w+\.c?js$/,
  /^extension\/dist\/node_modules\/@koromix\/koffi-[\w-]+\/(index\.js|package\.json)$/,
  /^extension\/dist\/node_modules\/@koromix\/koffi-[\w-]+\/\w+\/koffi\.node$/,
  /^extension\/extension\/agents\/[\w.-]+\.agent\.md$/,
  /^extension\/extension\/l10n\/bundle\.l10n\.[\w-]+\.json$/,
  /^extension\/media\/(icon|screenshots\/[\w-]+)\.png$/,
  /^extension\/media\/walkthrough\/\w+(\.nls\.zh-cn)?\.md$/,
];

/** 24 MB of native libraries, compressed, and 2 MB of everything else. */
const LARGEST_BYTES = 16 * 1024 * 1024;

/** Members that only exist in API proposals: VS Code throws on them or ignores them. */
const proposedMembers = [
  'handleDidShowCompletionItem',
  'handleDidPartiallyAcceptCompletionItem',
  'handleDidRejectCompletionItem',
  'handleEndOfLifetime',
  'handleListEndOfLifetime',
  'isInlineEdit',
  'registerChatSessionItemProvider',
  'createDynamicChatParticipant',
  'registerRelatedFilesProvider',
  'registerMappedEditsProvider',
  'onDidReceiveFeedbackFromParticipant',
  'ChatResponseThinkingProgressPart',
  'createEmbeddings',
];

const Manifest = z.looseObject({
  version: z.string(),
  engines: z.object({ vscode: z.string() }),
  devDependencies: z.record(z.string(), z.string()),
  enabledApiProposals: z.undefined().optional(),
});

const provided = inject('editor');

describe.skipIf(!provided)('the packaged extension', () => {
  let contents: ZipContents;

  beforeAll(async () => {
    contents = await readZip(provided!.vsix, [
      'extension.vsixmanifest',
      'extension/package.json',
      'extension/dist/extension.cjs',
    ]);
  });

  it('holds what it needs and nothing else', () => {
    const strays = contents.names.filter((name) => !allowed.some((one) => one.test(name)));
    expect(strays).toEqual([]);
    const unmatched = allowed.filter((one) => !contents.names.some((name) => one.test(name)));
    expect(unmatched).toEqual([]);
    // One ggml library for each kind of processor.
    expect(contents.names.filter((name) => name.includes('/libggml-cpu-')).length).toBeGreaterThan(
      5,
    );
  });

  it('holds every program that is built, those that only a card needs too', async () => {
    const built = (await readdir(join(root, 'dist'))).filter((name) => /\.c?js$/.test(name));
    expect(built).toContain('cardThread.js');
    const packed = contents.names.map((name) => name.replace('extension/dist/', ''));
    expect(built.filter((name) => !packed.includes(name))).toEqual([]);
  });

  it('stays small', async () => {
    expect((await stat(provided!.vsix)).size).toBeLessThan(LARGEST_BYTES);
  });

  it('is for this platform and for the VS Code that it is compiled against', async () => {
    const manifest = Manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    const xml = contents.texts.get('extension.vsixmanifest') ?? '';
    expect(xml).toContain(`TargetPlatform="${platform}"`);
    expect(xml).toContain(`Version="${manifest.version}"`);
    expect(xml).toContain(
      `Id="Microsoft.VisualStudio.Code.Engine" Value="${manifest.engines.vscode}"`,
    );
    expect(manifest.engines.vscode).toBe(`^${manifest.devDependencies['@types/vscode'] ?? ''}`);
  });

  it('uses no proposed API', () => {
    const packed: unknown = JSON.parse(contents.texts.get('extension/package.json') ?? '');
    expect(Manifest.safeParse(packed).error).toBeUndefined();
    const bundle = contents.texts.get('extension/dist/extension.cjs') ?? '';
    expect(bundle.length).toBeGreaterThan(10_000);
    expect(proposedMembers.filter((member) => bundle.includes(member))).toEqual([]);
  });
});
