/** The steps of the set-up: what each changes, how it is made and how it is taken back. */
import * as vscode from 'vscode';
import { VENDOR } from '../languageModel/vendor.ts';
import type { EditorChat } from './internals.ts';
import type { Change } from './setUpRecord.ts';

const GROUP = { name: 'TPU Pilot', vendor: VENDOR };

/** `impossible`: not from an extension, ever; the person is told once. */
export type TakenBack = 'done' | 'failed' | 'impossible';

export interface SetUpStep {
  readonly change: Change;
  /** For the question before anything is changed. */
  describe(): string;
  /**
   * @returns whether it changed anything; `failed` without an error when VS Code just did nothing
   * @throws what VS Code refuses with
   */
  make(editor: EditorChat): Promise<'made' | 'unneeded' | 'failed'>;
  /** What to do when it can't be made from here. */
  makeByHand(): string;
  takeBack(editor: EditorChat): Promise<TakenBack>;
  takeBackByHand(): string;
}

const builtIn: SetUpStep = {
  change: 'builtIn',
  describe: () =>
    vscode.l10n.t(
      "Turn on VS Code's built-in chat extension (GitHub Copilot Chat), which brings Ask and Agent. Nobody is signed in, and questions go to the model that is chosen. It stays on until you disable it.",
    ),
  async make(editor) {
    if (await editor.isBuiltInOn()) return 'unneeded';
    return (await editor.turnBuiltInOn()) ? 'made' : 'failed';
  },
  makeByHand: () =>
    vscode.l10n.t(
      'VS Code\'s built-in chat extension could not be turned on. Run "Chat: Manage Language Models". In an editor without it, such as VSCodium, @tpu and native chat don\'t exist; inline completion, the status bar and the commands work all the same.',
    ),
  // There is no command that turns one extension off.
  takeBack: () => Promise.resolve('impossible'),
  takeBackByHand: () =>
    vscode.l10n.t(
      'VS Code\'s built-in chat extension stays on, because an extension can\'t turn off another. Signed out, it has no model of its own. To turn it off, search for "@builtin GitHub Copilot Chat" in the Extensions view and disable it; @tpu is off then, too.',
    ),
};

const group: SetUpStep = {
  change: 'group',
  describe: () =>
    vscode.l10n.t('Add a group "{0}" to the language models of this profile.', GROUP.name),
  make: async (editor) => ((await editor.addGroup(GROUP)) ? 'made' : 'unneeded'),
  makeByHand: () =>
    vscode.l10n.t(
      'The language models could not be changed. Run "Chat: Manage Language Models", choose "Add Models" and "TPU Pilot".',
    ),
  takeBack: async (editor) => ((await editor.removeGroup(GROUP)) ? 'done' : 'failed'),
  takeBackByHand: () =>
    vscode.l10n.t(
      'The group "{0}" could not be removed. Run "Chat: Open Language Models (JSON)" and delete it there.',
      GROUP.name,
    ),
};

const utility: SetUpStep = {
  change: 'utility',
  describe: () =>
    vscode.l10n.t(
      'Set chat.byokUtilityModelDefault, so that titles and summaries of chats are written by the same model.',
    ),
  async make(editor) {
    if (editor.utilitySetting() !== 'unset') return 'unneeded';
    await editor.setUtility(true);
    return editor.utilitySetting() === 'ours' ? 'made' : 'failed';
  },
  makeByHand: () =>
    vscode.l10n.t(
      'The setting chat.byokUtilityModelDefault could not be changed. Set it to "mainAgent" by hand; without it, chats have no titles.',
    ),
  async takeBack(editor) {
    // A person who has changed it since wants it so.
    if (editor.utilitySetting() === 'ours') await editor.setUtility(false);
    return editor.utilitySetting() === 'ours' ? 'failed' : 'done';
  },
  takeBackByHand: () =>
    vscode.l10n.t('Reset the setting chat.byokUtilityModelDefault by hand: it could not be.'),
};

/** In the order in which they are made. A group without the built-in extension is of no use. */
export const setUpSteps: readonly SetUpStep[] = [builtIn, group, utility];
