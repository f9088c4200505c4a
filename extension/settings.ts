/**
 * The settings, typed and checked: what a person wrote into settings.json may be anything. Defaults
 * live in package.json alone; a value of the wrong type counts as the default.
 */
import * as vscode from 'vscode';
import * as z from 'zod';
import { FillInOrder } from '../backend/protocol/documents.ts';

const SECTION = 'tpuPilot';

interface Setting<T> {
  readonly key: string;
  readonly schema: z.ZodType<T>;
}

function setting<T>(key: string, schema: z.ZodType<T>): Setting<T> {
  return { key, schema };
}

const text = z.string().trim();
const backendUrl = setting('backend.url', text);
const autoStart = setting('backend.autoStart', z.boolean());
const home = setting('home', text);
const device = setting('device', text);
const model = setting('model', text);
const exclude = setting('exclude', z.array(z.string()));
const completionEnable = setting('inlineCompletion.enable', z.boolean());
const disabledLanguages = setting('inlineCompletion.disabledLanguages', z.array(z.string()));
const completionMultiline = setting('inlineCompletion.multiline', z.enum(['auto', 'never']));
const completionContext = setting('inlineCompletion.context', z.boolean());
const completionFillInOrder = setting(
  'inlineCompletion.fillInOrder',
  z.enum(['auto', ...FillInOrder.options]),
);
const completionMaxTokens = setting('inlineCompletion.maxTokens', z.int().min(1).max(4096));
const chatMaxTokens = setting('chat.maxTokens', z.int().min(1).max(100_000));
const chatThinking = setting('chat.thinking', z.boolean());
const chatInstructions = setting('chat.instructions', text);

/** Every setting the extension reads; a test compares them with package.json. */
export const settingKeys: readonly string[] = [
  backendUrl,
  autoStart,
  home,
  device,
  model,
  exclude,
  completionEnable,
  disabledLanguages,
  completionMaxTokens,
  completionMultiline,
  completionContext,
  completionFillInOrder,
  chatMaxTokens,
  chatThinking,
  chatInstructions,
].map(({ key }) => `${SECTION}.${key}`);

/** Undefined when it is of another type. */
function valid<T>({ schema }: Setting<T>, candidate: unknown): T | undefined {
  return schema.safeParse(candidate).data;
}

function read<T>(from: Setting<T>, scope?: vscode.ConfigurationScope): T {
  // Null: for the window as a whole. Without it VS Code warns about settings that a folder can set.
  const config = vscode.workspace.getConfiguration(SECTION, scope ?? null);
  // The default is looked up last: this is read with every key somebody types.
  const value =
    valid(from, config.get(from.key)) ?? valid(from, config.inspect(from.key)?.defaultValue);
  if (value === undefined) throw new TypeError(`The manifest has no valid default: ${from.key}`);
  return value;
}

/** Which backend to use, and how to start one. Empty strings mean "not set". */
export interface BackendSettings {
  readonly url: string;
  readonly autoStart: boolean;
  readonly home: string;
  readonly device: string;
  readonly model: string;
}

export function backendSettings(): BackendSettings {
  return {
    url: read(backendUrl),
    autoStart: read(autoStart),
    home: read(home),
    device: read(device),
    model: read(model),
  };
}

/**
 * True when the change is felt only by the next backend or the next connection.
 * @param loaded ids of the models that are loaded already: naming one of them changes nothing
 */
export function needsRestart(
  event: vscode.ConfigurationChangeEvent,
  loaded: readonly string[] = [],
): boolean {
  const affects = ({ key }: { readonly key: string }): boolean =>
    event.affectsConfiguration(`${SECTION}.${key}`);
  return (
    [backendUrl, home, device].some(affects) || (affects(model) && !loaded.includes(read(model)))
  );
}

export function affectsExclude(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${SECTION}.${exclude.key}`);
}

export function affectsInlineCompletion(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${SECTION}.inlineCompletion`);
}

export interface InlineCompletionSettings {
  readonly enabled: boolean;
  /** False for the languages on the list. */
  readonly languageEnabled: boolean;
  readonly maxTokens: number;
  readonly multiline: 'auto' | 'never';
  /** Send text from other files too. */
  readonly context: boolean;
  readonly fillInOrder: 'auto' | FillInOrder;
}

export function inlineCompletionSettings(
  document?: Pick<vscode.TextDocument, 'uri' | 'languageId'>,
): InlineCompletionSettings {
  const scope = document && { uri: document.uri, languageId: document.languageId };
  const off = document && read(disabledLanguages, scope);
  return {
    enabled: read(completionEnable, scope),
    languageEnabled: off?.includes(document?.languageId ?? '') !== true,
    maxTokens: read(completionMaxTokens, scope),
    multiline: read(completionMultiline, scope),
    context: read(completionContext),
    fillInOrder: read(completionFillInOrder),
  };
}

/** Switches inline completion where it is set, so that the switch isn't shadowed by a workspace. */
export async function setInlineCompletion(enabled: boolean): Promise<void> {
  const config = vscode.workspace.getConfiguration(SECTION, null);
  const inWorkspace = config.inspect(completionEnable.key)?.workspaceValue !== undefined;
  await config.update(
    completionEnable.key,
    enabled,
    inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
  );
}

/** The model that the backend of this machine loads when it starts. */
export async function setModel(id: string): Promise<void> {
  const config = vscode.workspace.getConfiguration(SECTION, null);
  await config.update(model.key, id, vscode.ConfigurationTarget.Global);
}

export interface ChatSettings {
  readonly maxTokens: number;
  /** Of models that can. */
  readonly thinking: boolean;
  readonly instructions: string;
}

export function chatSettings(): ChatSettings {
  return {
    maxTokens: read(chatMaxTokens),
    thinking: read(chatThinking),
    instructions: read(chatInstructions),
  };
}

/**
 * The user's patterns, or the defaults, joined by those of the workspace: a workspace can protect
 * more of its files, but it can't have files sent that the user protects.
 */
export function excludePatterns(): readonly string[] {
  const values = vscode.workspace.getConfiguration(SECTION).inspect(exclude.key);
  const own = valid(exclude, values?.globalValue) ?? valid(exclude, values?.defaultValue) ?? [];
  const added = valid(exclude, values?.workspaceValue) ?? [];
  return [...new Set([...own, ...added])];
}
