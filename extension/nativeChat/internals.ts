/**
 * What VS Code's own chat offers to no extension officially: commands and settings that were seen in
 * VS Code 1.139.1 (code-server 4.139.1) and may be missing or different in others. Nothing else in
 * the extension knows of them; each is looked for before it is used.
 */
import * as vscode from 'vscode';
import * as z from 'zod';
import { withoutGroup, type Group } from './modelGroups.ts';

/** Adds a group of models of a vendor. Throws when the name exists. */
const ADD_GROUP = 'lm.addLanguageModelsProviderGroup';
/** Turns the built-in chat extension on when it is off, then opens the Language Models editor. */
const MANAGE_MODELS = 'workbench.action.chat.manage';
/** Opens the file with the groups. */
const OPEN_GROUPS = 'workbench.action.openLanguageModelsJson';
const OPEN_CHAT = 'workbench.action.chat.open';

/** Has the Ask and Agent modes; a fresh profile has it turned off. Absent from VSCodium. */
const BUILT_IN_CHAT = 'GitHub.copilot-chat';
/** Contributed by it; seen also from the other side of a remote window, where it may run. */
const ITS_COMMANDS = 'github.copilot.chat.';
/** Which model writes titles and summaries when the chosen one is not Copilot's. */
const UTILITY_MODEL = 'chat.byokUtilityModelDefault';
const SAME_AS_CHAT = 'mainAgent';

const TURN_ON_LIMIT_MS = 30_000;
/** Extensions on the other side of a remote window come without an event. */
const LOOK_AGAIN_MS = 1000;

const Failure = z.object({ message: z.string() });

/** `unknown`: this VS Code has no such setting. `chosen`: a person has set it. */
export type UtilitySetting = 'unset' | 'ours' | 'chosen' | 'unknown';

/** VS Code's chat, as far as setting it up goes. */
export interface EditorChat {
  /** Commands that this editor lacks and the set-up needs. */
  missing(): Promise<readonly string[]>;
  /** True when the built-in chat extension is there and turned on. */
  isBuiltInOn(): Promise<boolean>;
  /** @returns false when it did not turn on */
  turnBuiltInOn(): Promise<boolean>;
  /** @returns false when the group was there already. @throws what VS Code refuses with */
  addGroup(group: Group): Promise<boolean>;
  /** @returns false when the file could not be understood or written */
  removeGroup(group: Group): Promise<boolean>;
  utilitySetting(): UtilitySetting;
  setUtility(on: boolean): Promise<void>;
  /** Opens the chat view in a mode, by the mode's name. */
  openChat(mode: string, vendor: string): Promise<void>;
}

export const editorChat: EditorChat = {
  async missing() {
    const known = await vscode.commands.getCommands(true);
    return [ADD_GROUP, MANAGE_MODELS, OPEN_CHAT].filter((command) => !known.includes(command));
  },

  async isBuiltInOn() {
    if (vscode.extensions.getExtension(BUILT_IN_CHAT)) return true;
    const known = await vscode.commands.getCommands(true);
    return known.some((command) => command.startsWith(ITS_COMMANDS));
  },

  async turnBuiltInOn() {
    // It opens an editor that nobody asked for.
    await closingNewTabs(() => vscode.commands.executeCommand(MANAGE_MODELS));
    const until = performance.now() + TURN_ON_LIMIT_MS;
    while (!(await editorChat.isBuiltInOn())) {
      const left = until - performance.now();
      if (left <= 0) return false;
      await changeOfExtensions(Math.min(left, LOOK_AGAIN_MS));
    }
    return true;
  },

  async addGroup({ name, vendor }) {
    try {
      await vscode.commands.executeCommand(ADD_GROUP, { name, vendor });
      return true;
    } catch (error) {
      // Not localized in VS Code.
      if (/already exists/i.test(Failure.safeParse(error).data?.message ?? '')) return false;
      throw error;
    }
  },

  removeGroup: (group) =>
    closingNewTabs(async () => {
      const known = await vscode.commands.getCommands(true);
      if (!known.includes(OPEN_GROUPS)) return false;
      await vscode.commands.executeCommand(OPEN_GROUPS);
      const document = vscode.window.activeTextEditor?.document;
      if (!document?.uri.path.endsWith('/chatLanguageModels.json') || document.isDirty) {
        return false;
      }
      const before = document.getText();
      const after = withoutGroup(before, group);
      if (after === undefined) return false;
      const edit = new vscode.WorkspaceEdit();
      edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), after);
      return (await vscode.workspace.applyEdit(edit)) && (await document.save());
    }),

  utilitySetting() {
    const values = vscode.workspace.getConfiguration().inspect(UTILITY_MODEL);
    if (values?.defaultValue === undefined) return 'unknown';
    if (values.globalValue === undefined) return 'unset';
    return values.globalValue === SAME_AS_CHAT ? 'ours' : 'chosen';
  },

  async setUtility(on) {
    await vscode.workspace
      .getConfiguration()
      .update(UTILITY_MODEL, on ? SAME_AS_CHAT : undefined, vscode.ConfigurationTarget.Global);
  },

  async openChat(mode, vendor) {
    await vscode.commands.executeCommand(OPEN_CHAT, { mode, modelSelector: { vendor } });
  },
};

/** Closes what `work` opened, so that the person keeps the editors they had. */
async function closingNewTabs<T>(work: () => Thenable<T>): Promise<T> {
  const tabs = (): readonly vscode.Tab[] =>
    vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const before = new Set(tabs());
  try {
    return await work();
  } finally {
    await vscode.window.tabGroups.close(tabs().filter((tab) => !before.has(tab)));
  }
}

/** Resolves at the next change, or when the time is over. */
async function changeOfExtensions(limitMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      listener.dispose();
      resolve();
    };
    const timer = setTimeout(done, limitMs);
    const listener = vscode.extensions.onDidChange(done);
  });
}
