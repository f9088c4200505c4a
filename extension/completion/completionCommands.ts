/** The commands about suggestions: pause, the reasons there was none, and the statistics. */
import * as vscode from 'vscode';
import type { CommandHandlers } from '../backendCommands.ts';
import { commands } from '../commandIds.ts';
import type { CompletionContext } from './completionContext.ts';
import type { CompletionHistory } from './history.ts';
import { currentSituation } from './currentSituation.ts';
import type { CompletionPause } from './pause.ts';
import type { RecordFile } from './recordFile.ts';
import type { ReportDocuments } from './reportDocuments.ts';
import type { CompletionRules } from './rules.ts';
import { statisticsText } from './statisticsText.ts';
import type { SuggestionTracker } from './suggestionTracker.ts';
import { whyText } from './whyText.ts';

const MINUTE_MS = 60_000;

export interface CommandParts {
  readonly rules: CompletionRules;
  readonly pause: CompletionPause;
  readonly history: CompletionHistory;
  readonly tracker: SuggestionTracker;
  readonly context: CompletionContext;
  readonly record: RecordFile;
  readonly recordPath: string;
  readonly reports: ReportDocuments;
}

async function pauseOrResume(pause: CompletionPause): Promise<void> {
  const choices = [
    { label: vscode.l10n.t('Pause for 10 minutes'), ms: 10 * MINUTE_MS },
    { label: vscode.l10n.t('Pause for an hour'), ms: 60 * MINUTE_MS },
    { label: vscode.l10n.t('Pause until the window is reloaded'), ms: Infinity },
  ];
  const resume = { label: vscode.l10n.t('Resume'), ms: 0 };
  const { until } = pause;
  const options: vscode.QuickPickOptions = {
    title: vscode.l10n.t('Pause or Resume Inline Completion'),
    ...(until && {
      placeHolder: vscode.l10n.t(
        'Paused until {0}',
        until.toLocaleTimeString(vscode.env.language, { hour: '2-digit', minute: '2-digit' }),
      ),
    }),
  };
  const items = pause.active ? [resume, ...choices] : choices;
  const chosen = await vscode.window.showQuickPick(items, options);
  if (!chosen) return;
  if (chosen.ms === 0) pause.resume();
  else pause.start(chosen.ms);
}

async function deleteStatistics({ record }: CommandParts): Promise<void> {
  const remove = vscode.l10n.t('Delete');
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('Delete the completion statistics of this machine? They cannot be restored.'),
    { modal: true },
    remove,
  );
  if (chosen === remove) await record.clear();
}

/** Handlers by command id. Their errors are shown by whoever registers them. */
export function completionHandlers(parts: CommandParts): CommandHandlers {
  const { rules, pause, history, tracker, context, record, recordPath, reports } = parts;
  return {
    [commands.pauseCompletion]: () => pauseOrResume(pause),
    [commands.whyNoSuggestion]: async () => {
      const text = whyText(history.entries, await currentSituation(rules, context));
      await reports.show(vscode.l10n.t('Why No Suggestion?'), text);
    },
    [commands.showCompletionStatistics]: async () => {
      tracker.settle();
      const text = statisticsText(await record.read(), recordPath, new Date());
      await reports.show(vscode.l10n.t('Completion Statistics'), text);
    },
    [commands.deleteCompletionStatistics]: () => deleteStatistics(parts),
  };
}
