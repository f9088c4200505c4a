/** Activation: wires the parts together and computes nothing. */
import * as vscode from 'vscode';
import { registerCommands } from './backendCommands.ts';
import { BackendConnection } from './backendConnection.ts';
import { SettingsConnector } from './backendConnector.ts';
import { BackendToken } from './backendToken.ts';
import { ChatParticipant, registerChatParticipant } from './chatParticipant.ts';
import { Disposables } from './disposables.ts';
import { documentSelector, DocumentGate } from './documentGate.ts';
import { FailureNotice } from './failureNotice.ts';
import { InlineCompletionProvider } from './inlineCompletion.ts';
import { LanguageModelProvider, registerLanguageModel } from './languageModelProvider.ts';
import { ModelSetup } from './modelSetup.ts';
import { backendSettings, excludePatterns } from './settings.ts';
import { SettingsWatch } from './settingsWatch.ts';
import { StatusBar } from './statusBar.ts';

let connection: BackendConnection | undefined;
let channel: vscode.LogOutputChannel | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const own = new Disposables();
  context.subscriptions.push(own);

  // Not among the rest, which goes at once: saying goodbye takes a moment, and may have to log.
  const log = vscode.window.createOutputChannel('TPU Pilot', { log: true });
  channel = log;
  const token = new BackendToken(context.secrets);
  const gate = new DocumentGate(excludePatterns());
  const connector = new SettingsConnector(context.extensionPath, token, gate, log);
  const backend = own.add(new BackendConnection(connector, log));
  connection = backend;

  const completion = own.add(new InlineCompletionProvider(backend, gate, log));
  own.add(vscode.languages.registerInlineCompletionItemProvider(documentSelector, completion));
  const participant = new ChatParticipant(backend, gate, log);
  own.add(registerChatParticipant(participant, context.extensionUri));
  own.add(registerLanguageModel(own.add(new LanguageModelProvider(backend)), log));

  const models = own.add(new ModelSetup(backend, context.globalState, log));
  const statusBar = own.add(new StatusBar(backend, completion));
  for (const command of registerCommands({ backend, token, models, statusBar, log })) {
    own.add(command);
  }
  own.add(new FailureNotice(backend, log));
  own.add(new SettingsWatch(backend, gate, log));

  if (backendSettings().autoStart) backend.start();
}

/** The backend stays: other windows use it, and the next one opens faster. */
export async function deactivate(): Promise<void> {
  await connection?.close();
  channel?.dispose();
}
