/** The backend's chat models as VS Code lists them. */
import * as vscode from 'vscode';
import * as z from 'zod';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import { ASSUMED_CONTEXT, chatModelsOf } from '../chatModel.ts';
import type { ChatSettings } from '../settings.ts';
import type { NewerModelFields } from './newerApi.ts';
import { thinkingSchema } from './thinkingChoice.ts';

/** What is worth knowing of a model while there is no backend to ask. */
export const KnownModel = z.object({
  id: z.string(),
  name: z.string(),
  device: z.string(),
  contextLength: z.number(),
  hasTools: z.boolean(),
  canThink: z.boolean(),
});
export type KnownModel = z.infer<typeof KnownModel>;

/** VS Code hands it back with each request. */
export interface PilotModel extends vscode.LanguageModelChatInformation, NewerModelFields {
  /** Undefined for the place holder: the backend chooses then. */
  readonly backendId: string | undefined;
  readonly contextLength: number;
  readonly hasTools: boolean;
  readonly canThink: boolean;
}

/** Every model with a chat template once, on however many devices it is. */
export function chatModels(status: BackendStatus | undefined): KnownModel[] {
  const found = new Map<string, KnownModel>();
  for (const { device, model } of chatModelsOf(status)) {
    const { id, name, contextLength, hasTools, canThink } = model;
    if (!found.has(id)) found.set(id, { id, name, device, contextLength, hasTools, canThink });
  }
  return [...found.values()];
}

/** Never none: the answer of a place holder says why there is no model, and what to do. */
export function listedModels(known: readonly KnownModel[], settings: ChatSettings): PilotModel[] {
  if (known.length === 0) return [placeHolder(settings)];
  return known.map((model) => ({
    ...common(model.contextLength, settings),
    id: model.id,
    backendId: model.id,
    name: model.name,
    detail: model.device,
    tooltip: tooltipOf(model),
    hasTools: model.hasTools,
    canThink: model.canThink,
    ...(model.canThink && { configurationSchema: thinkingSchema(settings.thinking) }),
  }));
}

function placeHolder(settings: ChatSettings): PilotModel {
  return {
    ...common(ASSUMED_CONTEXT, settings),
    id: 'chat',
    backendId: undefined,
    name: 'TPU Pilot',
    tooltip: vscode.l10n.t('The model that the backend of TPU Pilot has loaded.'),
    hasTools: false,
    canThink: false,
  };
}

function common(contextLength: number, { maxTokens }: ChatSettings) {
  // Half of the context stays with the question even when long answers are allowed.
  const maxInputTokens = Math.max(contextLength - maxTokens, Math.ceil(contextLength / 2));
  return {
    family: 'tpu-pilot',
    version: '1',
    contextLength,
    maxInputTokens,
    maxOutputTokens: Math.max(1, contextLength - maxInputTokens),
    // The picker of Agent mode, the default, lists no model without it. A model that cannot call
    // tools answers in text there.
    capabilities: { toolCalling: true },
    isUserSelectable: true,
  } as const;
}

function tooltipOf({ name, device, contextLength, hasTools }: KnownModel): string {
  return [
    vscode.l10n.t('{0} on {1}, {2} tokens of context.', name, device, contextLength),
    ...(hasTools
      ? []
      : [vscode.l10n.t('It cannot call tools, and answers in text where others would.')]),
    vscode.l10n.t('Nothing you ask leaves the backend of TPU Pilot.'),
  ].join(' ');
}
