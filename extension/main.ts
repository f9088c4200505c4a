/** Activation: wires the parts together and computes nothing. */
import * as vscode from 'vscode';
import { registerCommands } from './backendCommands.ts';
import { BackendConnection } from './backendConnection.ts';
import { SettingsConnector } from './backendConnector.ts';
import { BackendToken } from './backendToken.ts';
import { createChat } from './chat/chatParts.ts';
import { registerInlineCompletion, type InlineCompletion } from './completion/register.ts';
import { Conversion } from './conversion/conversionParts.ts';
import { Disposables } from './disposables.ts';
import { DocumentGate } from './documentGate.ts';
import { FailureNotice } from './failureNotice.ts';
import { guard } from './guard.ts';
import { JobWatch } from './jobs/jobWatch.ts';
import { registerLanguageModels } from './languageModel/register.ts';
import { ModelSetup } from './modelSetup.ts';
import { listAgent } from './nativeChat/agent.ts';
import { NativeChat } from './nativeChat/nativeChat.ts';
import { backendSettings, excludePatterns } from './settings.ts';
import { SettingsWatch } from './settingsWatch.ts';
import { StatusBar } from './statusBar.ts';
import { registerTools } from './tools/registerTools.ts';
import { WalkthroughProgress } from './walkthrough.ts';

let connection: BackendConnection | undefined;
let inlineCompletion: InlineCompletion | undefined;
let channel: vscode.LogOutputChannel | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const own = new Disposables();
  context.subscriptions.push(own);

  // Not among the rest, which goes at once: saying goodbye takes a moment, and may have to log.
  const log = vscode.window.createOutputChannel('TPU Pilot', { log: true });
  channel = log;
  const token = new BackendToken(context.secrets);
  const gate = new DocumentGate(excludePatterns());
  const { extensionPath, extensionUri, globalState: memory } = context;
  const connector = new SettingsConnector({ extensionPath, token, gate, log });
  const backend = own.add(new BackendConnection(connector, log));
  connection = backend;

  const storage = context.globalStorageUri;
  inlineCompletion = own.add(registerInlineCompletion(backend, gate, storage, log));
  const { provider: completion, pause, handlers } = inlineCompletion;
  const chat = own.add(createChat(backend, gate, log, extensionUri));
  own.add(registerLanguageModels(backend, memory, log));
  own.add(registerTools(backend, log));
  const nativeChat = new NativeChat(memory, log);
  guard(log, listAgent());

  const models = own.add(new ModelSetup(backend, memory, log));
  const jobs = own.add(new JobWatch(backend, log));
  const statusBar = own.add(new StatusBar(backend, completion, jobs, pause));
  const conversion = own.add(new Conversion({ backend, jobs, models, memory, extensionUri, log }));
  own.add(new WalkthroughProgress(backend, completion, log));
  for (const command of registerCommands({
    backend,
    token,
    models,
    statusBar,
    log,
    others: { ...handlers, ...chat.handlers, ...nativeChat.handlers, ...conversion.handlers },
  })) {
    own.add(command);
  }
  own.add(new FailureNotice(backend, log));
  own.add(new SettingsWatch(backend, gate, log));

  if (backendSettings().autoStart) backend.start();
}

/** The backend stays: other windows use it, and the next one opens faster. */
export async function deactivate(): Promise<void> {
  await Promise.all([connection?.close(), inlineCompletion?.flush()]);
  channel?.dispose();
}
