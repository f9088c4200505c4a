/** Puts inline completion together. */
import * as vscode from 'vscode';
import type { CommandHandlers } from '../backendCommands.ts';
import type { BackendConnection } from '../backendConnection.ts';
import { Disposables } from '../disposables.ts';
import { documentSelector, type DocumentGate } from '../documentGate.ts';
import { ACCEPTED_COMMAND, InlineCompletionProvider } from '../inlineCompletion.ts';
import { problemOf } from '../problems.ts';
import { completionHandlers } from './completionCommands.ts';
import { completionParts } from './completionParts.ts';
import { KeptCheck } from './keptCheck.ts';
import type { CompletionPause } from './pause.ts';
import { RecordFile } from './recordFile.ts';
import { ReportDocuments } from './reportDocuments.ts';
import { RestWatch } from './restWatch.ts';

export interface InlineCompletion {
  readonly provider: InlineCompletionProvider;
  readonly pause: CompletionPause;
  readonly handlers: CommandHandlers;
  /** Writes what was counted; to be awaited before the window closes. */
  flush(): Promise<void>;
  dispose(): void;
}

/** @param storage the extension's own folder, shared by all windows */
export function registerInlineCompletion(
  backend: BackendConnection,
  gate: DocumentGate,
  storage: vscode.Uri,
  log: vscode.LogOutputChannel,
): InlineCompletion {
  const own = new Disposables();
  const recordPath = vscode.Uri.joinPath(storage, 'completion-statistics.json').fsPath;
  const record = new RecordFile(recordPath, {
    onError: (error) => log.warn(`Completion statistics: ${problemOf(error).message}`),
  });
  const kept = own.add(new KeptCheck((language, event) => record.add(language, event)));
  const parts = completionParts(backend, gate, {
    add: (language, event) => record.add(language, event),
    watch: (accepted) => kept.watch(accepted),
  });
  const { rules, context, tracker } = parts;
  const provider = own.add(new InlineCompletionProvider(backend, gate, log, parts));
  const rest = own.add(new RestWatch({ backend, rules, context, log }));
  own.add(
    provider.onDidAsk(({ document, position, related }) => rest.asked(document, position, related)),
  );
  own.add(vscode.workspace.onDidChangeTextDocument(tracker.didChange));
  own.add(vscode.workspace.onDidCloseTextDocument(tracker.didClose));
  own.add(
    vscode.commands.registerCommand(ACCEPTED_COMMAND, (id: unknown) => {
      if (typeof id === 'number') tracker.accepted(id);
    }),
  );
  own.add(vscode.languages.registerInlineCompletionItemProvider(documentSelector, provider));
  const reports = own.add(new ReportDocuments());
  return {
    provider,
    pause: parts.pause,
    handlers: completionHandlers({ ...parts, record, recordPath, reports }),
    flush: () => record.flush(),
    dispose: () => own.dispose(),
  };
}
