/** Fates in words, each with what to do about it. */
import * as vscode from 'vscode';
import type { Fate } from './fate.ts';
import type { Outcome } from './shownSuggestion.ts';

/** A few words, for a cell of a table. */
export function fateName(fate: Fate): string {
  switch (fate) {
    case 'off':
      return vscode.l10n.t('switched off');
    case 'languageOff':
      return vscode.l10n.t('off for this language');
    case 'paused':
      return vscode.l10n.t('paused');
    case 'excluded':
      return vscode.l10n.t('file is excluded');
    case 'tooLarge':
      return vscode.l10n.t('file is too large');
    case 'noBackend':
      return vscode.l10n.t('no backend');
    case 'noModel':
      return vscode.l10n.t('no model');
    case 'suggested':
      return vscode.l10n.t('suggested');
    case 'insideWord':
      return vscode.l10n.t('inside a word');
    case 'codeFollows':
      return vscode.l10n.t('code follows');
    case 'emptyDocument':
      return vscode.l10n.t('nothing to go on from');
    case 'superseded':
      return vscode.l10n.t('typed on');
    case 'cancelled':
      return vscode.l10n.t('cancelled');
    case 'deadline':
      return vscode.l10n.t('out of time');
    case 'nothing':
      return vscode.l10n.t('model had nothing');
    case 'repetition':
      return vscode.l10n.t('repeats the file');
    case 'misfit':
      return vscode.l10n.t('did not fit');
    case 'failed':
      return vscode.l10n.t('error');
    default:
      return fate satisfies never;
  }
}

/** What it means and what helps, in one or two sentences. */
export function fateAdvice(fate: Fate): string {
  switch (fate) {
    case 'off':
      return vscode.l10n.t(
        'Run "TPU Pilot: Turn Inline Completion On or Off", or look at tpuPilot.inlineCompletion.enable, which can also be set for one language.',
      );
    case 'languageOff':
      return vscode.l10n.t(
        'Remove the language from tpuPilot.inlineCompletion.disabledLanguages in the settings.',
      );
    case 'paused':
      return vscode.l10n.t('Run "TPU Pilot: Pause or Resume Inline Completion" to go on now.');
    case 'excluded':
      return vscode.l10n.t(
        'The file matches tpuPilot.exclude, which keeps secrets in the editor. Change the list if this file may be sent.',
      );
    case 'tooLarge':
      return vscode.l10n.t(
        'Files over one million characters are not sent. Split the file, or work without suggestions in it.',
      );
    case 'noBackend':
      return vscode.l10n.t(
        'The backend is not connected. Run "TPU Pilot: Start Backend"; if that fails, run "TPU Pilot: Show Log".',
      );
    case 'noModel':
      return vscode.l10n.t('Run "TPU Pilot: Get the Default Model", or wait until it is loaded.');
    case 'suggested':
      return vscode.l10n.t('The suggestion was given to the editor, which shows it as grey text.');
    case 'insideWord':
      return vscode.l10n.t(
        'There are suggestions only at the end of a word: move the cursor there.',
      );
    case 'codeFollows':
      return vscode.l10n.t(
        'This model cannot see the code behind the cursor. Use a model with fill-in tokens, or go to the end of the line.',
      );
    case 'emptyDocument':
      return vscode.l10n.t('Write a first line, or a comment that says what the file is for.');
    case 'superseded':
      return vscode.l10n.t(
        'The next key came before the answer and the text was another then. Nothing is wrong; if it happens all the time, the model is slow for this device.',
      );
    case 'cancelled':
      return vscode.l10n.t(
        'The editor did not need the answer any more: the cursor moved, the file changed or was closed.',
      );
    case 'deadline':
      return vscode.l10n.t(
        'The device did not answer within 10 s. Look at queue and first token: use a smaller model, or wait until other work is done.',
      );
    case 'nothing':
      return vscode.l10n.t(
        'The model ended at once. Write a little more, or ask by hand with Alt+\\ (Trigger Inline Suggestion).',
      );
    case 'repetition':
      return vscode.l10n.t(
        'The model wrote what stands around the cursor already, so it was held back. A larger model repeats less.',
      );
    case 'misfit':
      return vscode.l10n.t(
        'The model wrote talk, markup or brackets that do not fit here, so it was held back. A model made for code does that less.',
      );
    case 'failed':
      return vscode.l10n.t('The message in the table says what failed and what helps.');
    default:
      return fate satisfies never;
  }
}

/** What the person did with a suggestion. */
export function outcomeName(outcome: Outcome): string {
  switch (outcome) {
    case 'shown':
      return vscode.l10n.t('shown');
    case 'accepted':
      return vscode.l10n.t('accepted');
    case 'partly':
      return vscode.l10n.t('partly accepted');
    case 'typedThrough':
      return vscode.l10n.t('typed by hand');
    case 'continued':
      return vscode.l10n.t('still shown');
    default:
      return outcome satisfies never;
  }
}
