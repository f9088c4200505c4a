/**
 * The `vscode` module for unit tests: vitest puts it in the place of the real one. Tests drive and
 * read it through `fake`. Defaults of settings come from the manifest, as in the editor.
 */
import { readFileSync } from 'node:fs';
import { Disposable, EventEmitter, type Uri } from './fakeVscodeClasses.ts';

export * from './fakeVscodeClasses.ts';

interface Manifest {
  readonly contributes: {
    readonly configuration: { readonly properties: Record<string, { readonly default: unknown }> };
  };
}

export interface FakeDocument {
  readonly uri: Uri;
  readonly languageId: string;
  readonly version: number;
  getText(): string;
}

interface Shown {
  readonly kind: 'information' | 'warning' | 'error';
  readonly message: string;
  readonly buttons: readonly string[];
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

const configurationChanged = new EventEmitter<{ affectsConfiguration(key: string): boolean }>();
const documentOpened = new EventEmitter<FakeDocument>();
const documentChanged = new EventEmitter<unknown>();
const documentClosed = new EventEmitter<FakeDocument>();

/** What tests set and read. */
export const fake = {
  userSettings: new Map<string, unknown>(),
  workspaceSettings: new Map<string, unknown>(),
  documents: [] as FakeDocument[],
  files: new Map<string, Uint8Array>(),
  shown: [] as Shown[],
  /** The button that gets pressed on the next message, by its text. */
  press: undefined as string | undefined,
  /** What is chosen in the next quick pick, by its label, or typed into the next input box. */
  entered: undefined as string | undefined,
  executed: [] as string[],
  statusBar: { text: '', tooltip: undefined as unknown, command: '', name: '' },
  progress: [] as unknown[],
  commands: new Map<string, () => unknown>(),
  /** Registered language models, by vendor. */
  languageModels: new Map<string, unknown>(),
  /** How asking for language models fails, if it does. */
  selectionFault: undefined as Error | undefined,
  /** Text of the localization bundle; empty means English. */
  bundle: {} as Record<string, string>,

  reset(): void {
    fake.userSettings.clear();
    fake.workspaceSettings.clear();
    fake.documents = [];
    fake.files.clear();
    fake.shown = [];
    fake.press = undefined;
    fake.entered = undefined;
    fake.executed = [];
    fake.progress = [];
    fake.commands.clear();
    fake.languageModels.clear();
    fake.selectionFault = undefined;
    fake.bundle = {};
  },

  changeSetting(key: string, value: unknown): void {
    fake.userSettings.set(key, value);
    configurationChanged.fire({ affectsConfiguration: (asked) => key.startsWith(asked) });
  },

  openDocument(document: FakeDocument): void {
    fake.documents.push(document);
    documentOpened.fire(document);
  },

  changeDocument(document: FakeDocument, text: string): void {
    const start = { line: 0, character: 0 };
    const contentChanges = [{ range: { start, end: start }, text }];
    documentChanged.fire({ document, contentChanges });
  },

  closeDocument(document: FakeDocument): void {
    fake.documents = fake.documents.filter((open) => open !== document);
    documentClosed.fire(document);
  },
};

export const version = '1.104.0';
export const env = { appName: 'Fake', language: 'en' };
export const LogLevel = { Off: 0, Trace: 1, Debug: 2, Info: 3, Warning: 4, Error: 5 };
export const StatusBarAlignment = { Left: 1, Right: 2 };
export const ConfigurationTarget = { Global: 1, Workspace: 2, WorkspaceFolder: 3 };
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 };
export const InlineCompletionTriggerKind = { Invoke: 0, Automatic: 1 };
// Read by vscode-languageclient while it is being loaded.
export const DiagnosticSeverity = { Error: 0, Warning: 1, Information: 2, Hint: 3 };
export const SymbolKind = {};
export const CompletionItemKind = {};
export const CodeActionKind = {};
export const LanguageModelChatMessageRole = { User: 1, Assistant: 2 };
export const LanguageModelChatToolMode = { Auto: 1, Required: 2 };

function fill(message: string, args: readonly unknown[]): string {
  const [first] = args;
  const values: object = typeof first === 'object' && first !== null ? first : args;
  const texts = new Map(Object.entries(values).map(([key, value]) => [key, String(value)]));
  return message.replace(/\{(\w+)\}/g, (whole, key: string) => texts.get(key) ?? whole);
}

export const l10n = {
  t: (message: string, ...args: unknown[]): string => fill(fake.bundle[message] ?? message, args),
};

function defaultOf(key: string): unknown {
  return manifest.contributes.configuration.properties[key]?.default;
}

export const workspace = {
  onDidChangeConfiguration: configurationChanged.event,
  onDidOpenTextDocument: documentOpened.event,
  onDidChangeTextDocument: documentChanged.event,
  onDidCloseTextDocument: documentClosed.event,
  workspaceFolders: undefined,
  notebookDocuments: [],
  get textDocuments(): FakeDocument[] {
    return fake.documents;
  },
  asRelativePath: (uri: Uri): string => uri.path.replace(/^\/workspace\//, ''),
  fs: {
    readFile(uri: Uri): Promise<Uint8Array> {
      const bytes = fake.files.get(uri.path);
      return bytes ? Promise.resolve(bytes) : Promise.reject(new Error('no such file'));
    },
  },
  getConfiguration(section: string) {
    const full = (key: string): string => `${section}.${key}`;
    return {
      get(key: string, fallback?: unknown): unknown {
        const name = full(key);
        return (
          fake.workspaceSettings.get(name) ??
          fake.userSettings.get(name) ??
          defaultOf(name) ??
          fallback
        );
      },
      inspect: (key: string) => ({
        defaultValue: defaultOf(full(key)),
        globalValue: fake.userSettings.get(full(key)),
        workspaceValue: fake.workspaceSettings.get(full(key)),
      }),
      update(key: string, value: unknown, target: number): Promise<void> {
        const map =
          target === ConfigurationTarget.Workspace ? fake.workspaceSettings : fake.userSettings;
        map.set(full(key), value);
        return Promise.resolve();
      },
    };
  },
};

function show(kind: Shown['kind']) {
  return (message: string, ...buttons: string[]): Promise<string | undefined> => {
    fake.shown.push({ kind, message, buttons });
    const pressed = buttons.find((button) => button === fake.press);
    fake.press = undefined;
    return Promise.resolve(pressed);
  };
}

const never = new EventEmitter<never>();

export const window = {
  showInformationMessage: show('information'),
  showWarningMessage: show('warning'),
  showErrorMessage: show('error'),
  setStatusBarMessage: (): void => undefined,
  showQuickPick: <T extends { label: string }>(items: readonly T[]): Promise<T | undefined> =>
    Promise.resolve(items.find(({ label }) => label === fake.entered)),
  showInputBox: (): Promise<string | undefined> => Promise.resolve(fake.entered),
  createStatusBarItem: () =>
    Object.assign(fake.statusBar, { show: () => undefined, dispose: () => undefined }),
  visibleTextEditors: [],
  onDidChangeVisibleTextEditors: never.event,
  tabGroups: { all: [], onDidChangeTabs: never.event },
  async withProgress<T>(
    _options: unknown,
    task: (progress: { report(value: unknown): void }, token: unknown) => Promise<T>,
  ): Promise<T> {
    const token = { isCancellationRequested: false, onCancellationRequested: never.event };
    return task({ report: (value) => fake.progress.push(value) }, token);
  },
};

export const commands = {
  registerCommand(id: string, handler: () => unknown): Disposable {
    fake.commands.set(id, handler);
    return { dispose: () => fake.commands.delete(id) } as unknown as Disposable;
  },
  executeCommand(id: string): Promise<void> {
    fake.executed.push(id);
    return Promise.resolve();
  },
};

export const lm = {
  registerLanguageModelChatProvider(vendor: string, provider: unknown): Disposable {
    fake.languageModels.set(vendor, provider);
    return new Disposable(() => fake.languageModels.delete(vendor));
  },
  selectChatModels: (): Promise<unknown[]> =>
    fake.selectionFault ? Promise.reject(fake.selectionFault) : Promise.resolve([]),
};

export const languages = {
  match: (selector: readonly { scheme: string }[], document: FakeDocument): number =>
    selector.some(({ scheme }) => scheme === document.uri.scheme) ? 10 : 0,
  createDiagnosticCollection: () => ({ dispose: () => undefined }),
};
