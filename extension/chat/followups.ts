/** What people often ask next, by what they asked last. No model is needed for that. */
import * as vscode from 'vscode';
import type { ChatCommand } from './commands.ts';
import { TurnRecord } from './messages.ts';

function command(name: ChatCommand, label: string, prompt = ''): vscode.ChatFollowup {
  return { prompt, label, command: name };
}

function followupsAfter(last: ChatCommand | undefined): vscode.ChatFollowup[] {
  switch (last) {
    case 'explain':
      return [
        command('doc', vscode.l10n.t('Write its documentation')),
        command('tests', vscode.l10n.t('Write tests for it')),
      ];
    case 'fix':
      return [
        { prompt: vscode.l10n.t('Explain the correction in more detail.') },
        command('tests', vscode.l10n.t('Write tests for it')),
      ];
    case 'tests':
      return [
        { prompt: vscode.l10n.t('Which cases do these tests not cover yet?') },
        command('explain', vscode.l10n.t('Explain the code')),
      ];
    case 'doc':
      return [
        command('explain', vscode.l10n.t('Explain the code')),
        command('tests', vscode.l10n.t('Write tests for it')),
      ];
    case 'commit':
      return [
        command('commit', vscode.l10n.t('Shorter'), vscode.l10n.t('One line only.')),
        command('commit', vscode.l10n.t('With the reasons'), vscode.l10n.t('Say why, in a body.')),
      ];
    case undefined:
      return [
        { prompt: vscode.l10n.t('Explain that in more detail.') },
        { prompt: vscode.l10n.t('Show an example.') },
      ];
    default:
      return last satisfies never;
  }
}

export const followups: vscode.ChatFollowupProvider = {
  /** None after a failure or an answer that never began: what helps then is the button beside it. */
  provideFollowups(result) {
    const record = TurnRecord.safeParse(result.metadata).data;
    if (!record || record.answer === '' || result.errorDetails) return [];
    return followupsAfter(record.command);
  },
};
