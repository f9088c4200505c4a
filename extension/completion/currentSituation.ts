/** What stands in the way of suggestions in the file that is in front. */
import * as vscode from 'vscode';
import { inlineCompletionSettings } from '../settings.ts';
import type { CompletionRules } from './rules.ts';
import type { CompletionContext } from './completionContext.ts';
import { fileName } from './fileName.ts';
import type { CurrentSituation } from './whyText.ts';

/** VS Code gives no larger file to extensions; where its own limit is, its interface doesn't say. */
const EDITOR_LIMIT_BYTES = 50 * 1024 * 1024;

/** The file of the tab in front, which for large and binary files has no text editor. */
function uriInFront(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputText ? input.uri : undefined;
}

async function isHuge(uri: vscode.Uri): Promise<boolean> {
  try {
    return (await vscode.workspace.fs.stat(uri)).size > EDITOR_LIMIT_BYTES;
  } catch {
    return false;
  }
}

function contextNames(
  document: vscode.TextDocument,
  context: Pick<CompletionContext, 'relatedFor'>,
): string[] {
  if (!inlineCompletionSettings(document).context) return [];
  return [...new Set(context.relatedFor(document).map(({ name }) => name))];
}

/** @param context gathers text from other files */
export async function currentSituation(
  rules: CompletionRules,
  context: Pick<CompletionContext, 'relatedFor'>,
): Promise<CurrentSituation> {
  const editor = vscode.window.activeTextEditor;
  const uri = editor?.document.uri ?? uriInFront();
  const huge = !editor && uri !== undefined && (await isHuge(uri));
  const inEditor = editor && rules.refusal(editor.document);
  const isShown = editor !== undefined || huge;
  return {
    file: isShown && uri ? fileName(uri) : undefined,
    refusal: huge ? 'tooLarge' : inEditor,
    editorEnabled: vscode.workspace
      .getConfiguration('editor', editor?.document ?? null)
      .get('inlineSuggest.enabled', true),
    trusted: vscode.workspace.isTrusted,
    context: editor && inEditor === undefined ? contextNames(editor.document, context) : [],
  };
}
