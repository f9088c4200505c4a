/** Whether the model thinks before it answers: a choice in its menu, or the setting. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { modelConfiguration, type NewerModelFields } from './newerApi.ts';

const Choice = z.object({ thinking: z.enum(['on', 'off']) });

/**
 * The choice in the model's menu. Until somebody chooses, the setting counts, which therefore comes
 * first: VS Code marks the first. A default would be more honest, but choosing a default makes VS Code
 * 1.139 remove the group of models that native chat needs to work without an account.
 */
export function thinkingSchema(
  setting: boolean,
): NonNullable<NewerModelFields['configurationSchema']> {
  const on = {
    value: 'on',
    label: vscode.l10n.t('On'),
    description: vscode.l10n.t('Better answers to hard questions, later'),
  };
  const off = {
    value: 'off',
    label: vscode.l10n.t('Off'),
    description: vscode.l10n.t('Answers at once'),
  };
  const choices = setting ? [on, off] : [off, on];
  return {
    properties: {
      thinking: {
        type: 'string',
        title: vscode.l10n.t('Thinking'),
        enum: choices.map(({ value }) => value),
        enumItemLabels: choices.map(({ label }) => label),
        enumDescriptions: choices.map(({ description }) => description),
        // Beside the model's name in the chat input, as VS Code does with its own models.
        group: 'navigation',
      },
    },
  };
}

/**
 * The choice for one request.
 * @param request Options of a request for the model, or a request for a chat participant: both have
 * what was chosen in the menu. `modelOptions` is what extensions pass that call the model.
 */
export function wantsThinking(request: object, setting: boolean): boolean {
  for (const source of [Reflect.get(request, 'modelOptions'), modelConfiguration(request)]) {
    const { data } = Choice.safeParse(source);
    if (data) return data.thinking === 'on';
  }
  return setting;
}
