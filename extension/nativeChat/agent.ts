/**
 * The agent of package.json, `contributes.chatAgents`: a prompt and few tools, which fit the context
 * of a model on a card. There is a file for each language, because its texts can't be localized.
 */
import * as vscode from 'vscode';

/** As in the files; the name of its chat mode. */
export const AGENT_NAME = 'TPU Pilot';

/** In the `when` of the files: the one for the language of the editor is listed. */
const LANGUAGE_KEY = 'tpuPilot.agentLanguage';

export function agentLanguage(language: string): 'en' | 'zh-cn' {
  return language.toLowerCase() === 'zh-cn' ? 'zh-cn' : 'en';
}

export async function listAgent(language: string = vscode.env.language): Promise<void> {
  await vscode.commands.executeCommand('setContext', LANGUAGE_KEY, agentLanguage(language));
}
