/**
 * The `vscode` module for unit tests: vitest puts it in the place of the real one. Tests drive and
 * read it through `fake`. Defaults of settings come from the manifest, as in the editor.
 */
import { readFileSync } from 'node:fs';
import {
  CancellationTokenSource,
  Disposable,
  EventEmitter,
  Uri,
  type WorkspaceEdit,
} from './fakeVscodeClasses.ts';

export * from './fakeVscodeClasses.ts';

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly {
      readonly properties: Record<string, { readonly default: unknown }>;
    }[];
  };
}

export interface FakeDocument {
  readonly uri: Uri;
  readonly languageId: string;
  readonly version: number;
  getText(): string;
}

/** A webview panel, with what its page would say and what it was told. */
export interface FakePanel {
  title: string;
  readonly webview: { html: string };
  readonly told: Record<string, unknown>[];
  readonly say: (message: unknown) => void;
  readonly dispose: () => void;
}

interface Shown {
  readonly kind: 'information' | 'warning' | 'error';
  readonly message: string;
  readonly buttons: readonly string[];
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

const configurationChanged = new EventEmitter<{ affectsConfiguration(key: string): boolean }>();
const trustGranted = new EventEmitter<void>();
const documentOpened = new EventEmitter<FakeDocument>();
const documentChanged = new EventEmitter<unknown>();
const documentClosed = new EventEmitter<FakeDocument>();
const documentSaved = new EventEmitter<FakeDocument>();
const selectionChanged = new EventEmitter<unknown>();
const activeEditorChanged = new EventEmitter<unknown>();
const fileCreated = new EventEmitter<Uri>();
const fileDeleted = new EventEmitter<Uri>();

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
  clipboard: '',
  /** Labels for quick picks that follow one another; before `entered`. */
  picks: [] as string[],
  executed: [] as string[],
  /** The last one is active. */
  tabs: [] as { input: unknown }[],
  /** Edits of the workspace that were applied. */
  edits: [] as WorkspaceEdit['edits'],
  /** Other extensions, by their ids. */
  extensions: new Map<string, { activate(): Promise<unknown> }>(),
  /** Errors of every document. */
  diagnostics: [] as unknown[],
  /** Answers of commands, by their ids; others answer nothing. */
  answers: new Map<string, (...args: unknown[]) => unknown>(),
  /** The text editor that has the focus. */
  activeEditor: undefined as unknown,
  focused: true,
  /** Texts of the virtual documents' providers, by scheme. */
  contentProviders: new Map<string, { provideTextDocumentContent(uri: Uri): unknown }>(),
  statusBar: { text: '', tooltip: undefined as unknown, command: '', name: '' },
  /** The other items of the status bar that are shown, by their ids. */
  statusItems: new Map<string, { text: string }>(),
  /** Lines of the output channels, by their names. */
  channels: new Map<string, string[]>(),
  /** The webview panels that are open. */
  panels: [] as FakePanel[],
  /** What is chosen in the next dialog that opens files. */
  opened: undefined as Uri[] | undefined,
  /** Presses Cancel on the progress that is shown. */
  cancelProgress: (): void => undefined,
  progress: [] as unknown[],
  commands: new Map<string, (...args: unknown[]) => unknown>(),
  /** Registered language models, by vendor. */
  languageModels: new Map<string, unknown>(),
  /** Registered language-model tools, by name. */
  tools: new Map<string, unknown>(),
  /** How asking for language models fails, if it does. */
  selectionFault: undefined as Error | undefined,
  /** False: Restricted Mode. */
  isTrusted: true,
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
    fake.picks = [];
    fake.clipboard = '';
    fake.executed = [];
    fake.activeEditor = undefined;
    fake.diagnostics = [];
    fake.extensions.clear();
    fake.tabs = [];
    fake.edits = [];
    fake.answers.clear();
    fake.focused = true;
    fake.contentProviders.clear();
    fake.progress = [];
    fake.statusItems.clear();
    fake.channels.clear();
    fake.panels = [];
    fake.opened = undefined;
    fake.commands.clear();
    fake.languageModels.clear();
    fake.tools.clear();
    fake.selectionFault = undefined;
    fake.bundle = {};
    fake.isTrusted = true;
  },

  answerQuickPicks(...labels: string[]): void {
    fake.picks.push(...labels);
  },

  grantTrust(): void {
    fake.isTrusted = true;
    trustGranted.fire();
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

  saveDocument(document: FakeDocument): void {
    documentSaved.fire(document);
  },

  moveCursor(): void {
    selectionChanged.fire({});
  },

  activateEditor(editor: unknown): void {
    fake.activeEditor = editor;
    activeEditorChanged.fire(editor);
  },

  createFile(path: string): void {
    fileCreated.fire(Uri.file(path));
  },

  deleteFile(path: string): void {
    fileDeleted.fire(Uri.file(path));
  },

  closeDocument(document: FakeDocument): void {
    fake.documents = fake.documents.filter((open) => open !== document);
    documentClosed.fire(document);
  },
};

export const version = '1.104.0';
export const env = {
  appName: 'Fake',
  language: 'en',
  clipboard: {
    writeText: (text: string): Promise<void> => {
      fake.clipboard = text;
      return Promise.resolve();
    },
  },
};
export const LogLevel = { Off: 0, Trace: 1, Debug: 2, Info: 3, Warning: 4, Error: 5 };
export const ViewColumn = { Active: -1 };
export const StatusBarAlignment = { Left: 1, Right: 2 };
export const QuickPickItemKind = { Separator: -1, Default: 0 };
export const ConfigurationTarget = { Global: 1, Workspace: 2, WorkspaceFolder: 3 };
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 };
export const InlineCompletionTriggerKind = { Invoke: 0, Automatic: 1 };
// Read by vscode-languageclient while it is being loaded.
export const DiagnosticSeverity = { Error: 0, Warning: 1, Information: 2, Hint: 3 };
export const SymbolKind = {
  Class: 4,
  Method: 5,
  Constructor: 8,
  Enum: 9,
  Interface: 10,
  Function: 11,
  Variable: 12,
  Struct: 22,
};
export const FileType = { Unknown: 0, File: 1, Directory: 2 };
export const EndOfLine = { LF: 1, CRLF: 2 };
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
  const group = manifest.contributes.configuration.find(({ properties }) => key in properties);
  return group?.properties[key]?.default;
}

export const workspace = {
  onDidChangeConfiguration: configurationChanged.event,
  onDidOpenTextDocument: documentOpened.event,
  onDidChangeTextDocument: documentChanged.event,
  onDidCloseTextDocument: documentClosed.event,
  onDidGrantWorkspaceTrust: trustGranted.event,
  get isTrusted(): boolean {
    return fake.isTrusted;
  },
  onDidSaveTextDocument: documentSaved.event,
  registerTextDocumentContentProvider(
    scheme: string,
    provider: { provideTextDocumentContent(uri: Uri): unknown },
  ): Disposable {
    fake.contentProviders.set(scheme, provider);
    return new Disposable(() => fake.contentProviders.delete(scheme));
  },
  createFileSystemWatcher: () => ({
    onDidCreate: fileCreated.event,
    onDidDelete: fileDeleted.event,
    dispose: () => undefined,
  }),
  findFiles: (): Promise<Uri[]> =>
    Promise.resolve([...fake.files.keys()].map((path) => Uri.file(path))),
  workspaceFolders: undefined,
  getWorkspaceFolder: () => undefined,
  applyEdit({ edits }: WorkspaceEdit): Promise<boolean> {
    fake.edits.push(...edits);
    return Promise.resolve(true);
  },
  openTextDocument(uri: Uri): Promise<FakeDocument> {
    const open = fake.documents.find((document) => document.uri.toString() === uri.toString());
    return open ? Promise.resolve(open) : Promise.reject(new Error('no such file'));
  },
  notebookDocuments: [],
  get textDocuments(): FakeDocument[] {
    return fake.documents;
  },
  asRelativePath: (place: Uri | string): string =>
    (typeof place === 'string' ? place : place.path).replace(/^\/workspace\//, ''),
  fs: {
    readFile(uri: Uri): Promise<Uint8Array> {
      const bytes = fake.files.get(uri.path);
      return bytes ? Promise.resolve(bytes) : Promise.reject(new Error('no such file'));
    },
    async stat(uri: Uri): Promise<{ type: number; size: number }> {
      const folder = [...fake.files.keys()].some((path) => path.startsWith(`${uri.path}/`));
      if (folder) return { type: FileType.Directory, size: 0 };
      return { type: FileType.File, size: (await workspace.fs.readFile(uri)).length };
    },
    readDirectory(uri: Uri): Promise<[string, number][]> {
      const names = [...fake.files.keys()]
        .filter((path) => path.startsWith(`${uri.path}/`))
        .map((path) => path.slice(uri.path.length + 1).split('/'))
        .map(([name = '', ...rest]): [string, number] => [
          name,
          rest.length > 0 ? FileType.Directory : FileType.File,
        ]);
      return Promise.resolve([...new Map(names)]);
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
  return (message: string, ...items: (string | object)[]): Promise<string | undefined> => {
    // Options, such as those of a modal message, come before the buttons.
    const buttons = items.filter((item) => typeof item === 'string');
    fake.shown.push({ kind, message, buttons });
    const pressed = buttons.find((button) => button === fake.press);
    fake.press = undefined;
    return Promise.resolve(pressed);
  };
}

const never = new EventEmitter<never>();

function cancellation(): { readonly token: unknown; readonly cancel: () => void } {
  const source = new CancellationTokenSource();
  return { token: source.token, cancel: () => source.cancel() };
}

export const window = {
  showInformationMessage: show('information'),
  showWarningMessage: show('warning'),
  showErrorMessage: show('error'),
  setStatusBarMessage: (): void => undefined,
  showQuickPick<T extends { label: string }>(items: readonly T[]): Promise<T | undefined> {
    const wanted = fake.picks.shift() ?? fake.entered;
    return Promise.resolve(items.find(({ label }) => label === wanted));
  },
  showInputBox: (): Promise<string | undefined> => Promise.resolve(fake.entered),
  createStatusBarItem(id: string): unknown {
    const none = (): void => undefined;
    if (id === 'tpuPilot.status') {
      return Object.assign(fake.statusBar, { show: none, dispose: none });
    }
    const item = {
      text: '',
      show: () => void fake.statusItems.set(id, item),
      hide: () => void fake.statusItems.delete(id),
      dispose: () => void fake.statusItems.delete(id),
    };
    return item;
  },
  createOutputChannel(name: string): unknown {
    const lines: string[] = [];
    fake.channels.set(name, lines);
    return {
      appendLine: (line: string) => void lines.push(line),
      clear: () => void lines.splice(0),
      show: () => undefined,
      dispose: () => fake.channels.delete(name),
    };
  },
  showOpenDialog: (): Promise<Uri[] | undefined> => Promise.resolve(fake.opened),
  createWebviewPanel(_kind: string, title: string): unknown {
    const heard = new EventEmitter<unknown>();
    const closed = new EventEmitter<void>();
    const told: Record<string, unknown>[] = [];
    const webview = {
      html: '',
      cspSource: 'https://source.test',
      asWebviewUri: (uri: Uri) => uri,
      onDidReceiveMessage: heard.event,
      postMessage: (message: Record<string, unknown>) => Promise.resolve(void told.push(message)),
    };
    const panel = {
      title,
      webview,
      told,
      say: (message: unknown) => heard.fire(message),
      onDidDispose: closed.event,
      reveal: () => undefined,
      dispose(): void {
        if (!fake.panels.includes(panel)) return;
        fake.panels = fake.panels.filter((open) => open !== panel);
        closed.fire();
      },
    };
    fake.panels.push(panel);
    return panel;
  },
  get activeTextEditor(): unknown {
    return fake.activeEditor;
  },
  get state(): { focused: boolean } {
    return { focused: fake.focused };
  },
  onDidChangeTextEditorSelection: selectionChanged.event,
  onDidChangeActiveTextEditor: activeEditorChanged.event,
  visibleTextEditors: [],
  onDidChangeVisibleTextEditors: never.event,
  tabGroups: {
    get all() {
      return [{ tabs: fake.tabs }];
    },
    get activeTabGroup() {
      return { activeTab: fake.tabs.at(-1) };
    },
    onDidChangeTabs: never.event,
    close(tabs: readonly unknown[]): Promise<boolean> {
      fake.tabs = fake.tabs.filter((tab) => !tabs.includes(tab));
      return Promise.resolve(true);
    },
  },
  showTextDocument: (document: unknown): Promise<unknown> =>
    Promise.resolve({ document, revealRange: () => undefined }),
  async withProgress<T>(
    _options: unknown,
    task: (progress: { report(value: unknown): void }, token: unknown) => Promise<T>,
  ): Promise<T> {
    const { token, cancel } = cancellation();
    fake.cancelProgress = cancel;
    return task({ report: (value) => fake.progress.push(value) }, token);
  },
};

export const commands = {
  registerCommand(id: string, handler: (...args: unknown[]) => unknown): Disposable {
    fake.commands.set(id, handler);
    return { dispose: () => fake.commands.delete(id) } as unknown as Disposable;
  },
  executeCommand(id: string, ...args: unknown[]): Promise<unknown> {
    fake.executed.push(id);
    return Promise.resolve(fake.answers.get(id)?.(...args));
  },
};

export const extensions = {
  getExtension: (id: string) => fake.extensions.get(id),
};

export const lm = {
  registerLanguageModelChatProvider(vendor: string, provider: unknown): Disposable {
    fake.languageModels.set(vendor, provider);
    return new Disposable(() => fake.languageModels.delete(vendor));
  },
  registerTool(name: string, tool: unknown): Disposable {
    fake.tools.set(name, tool);
    return new Disposable(() => fake.tools.delete(name));
  },
  selectChatModels: (): Promise<unknown[]> =>
    fake.selectionFault ? Promise.reject(fake.selectionFault) : Promise.resolve([]),
};

export const languages = {
  match: (selector: readonly { scheme: string }[], document: FakeDocument): number =>
    selector.some(({ scheme }) => scheme === document.uri.scheme) ? 10 : 0,
  createDiagnosticCollection: () => ({ dispose: () => undefined }),
  getDiagnostics: () => fake.diagnostics,
};
