import * as vscode from 'vscode';
import type { BackendConnection } from '../backendConnection.ts';
import { guard } from '../guard.ts';
import { LanguageModelProvider } from './provider.ts';
import { VENDOR } from './vendor.ts';

export function registerLanguageModels(
  backend: BackendConnection,
  memory: vscode.Memento,
  log: Pick<vscode.LogOutputChannel, 'info' | 'debug' | 'error'>,
): vscode.Disposable {
  const provider = new LanguageModelProvider(backend, memory, log);
  const registered = vscode.lm.registerLanguageModelChatProvider(VENDOR, provider);
  // Asking for the models makes VS Code list them: until something asks, the picker is empty and
  // the first question to @tpu would fail.
  guard(log, vscode.lm.selectChatModels({ vendor: VENDOR }));
  return vscode.Disposable.from(registered, provider);
}
