/** `#tpuModels`: the models in the store, and which of them are loaded. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { totalSize, type ModelInfo } from '../../backend/protocol/models.ts';
import type { PilotTool } from './pilotTool.ts';

const Input = z.object({
  loadedOnly: z.boolean().optional().describe('Leave out models that are only on disk'),
});

/** More would crowd out the conversation; the rest is counted. */
const MOST_SHOWN = 30;

function modelText(model: ModelInfo): string {
  const size = totalSize(model.files);
  const facts = [
    model.loaded ? 'loaded' : 'on disk',
    model.quantization,
    model.contextLength === undefined ? undefined : `context ${model.contextLength} tokens`,
    `${Math.round(size / 1024 / 1024)} MB`,
    model.hasChatTemplate ? 'chat' : undefined,
    model.hasFillIn ? 'fill-in completion' : undefined,
  ].filter((fact) => fact !== undefined);
  const names = [model.id, ...model.aliases].join(' = ');
  return `${names}: ${facts.join(', ')}`;
}

export const modelList: PilotTool<z.output<typeof Input>> = {
  name: 'tpu-pilot_list_models',
  input: Input,
  invocation: () => vscode.l10n.t('Listing the models'),
  async run({ loadedOnly }, session, signal) {
    const { models } = await session.request('model/list', null, signal);
    const asked = models.filter(({ loaded }) => loaded || loadedOnly !== true);
    if (asked.length === 0) {
      return 'There are no such models. The command "TPU Pilot: Get the Default Model" gets one.';
    }
    const shown = asked.slice(0, MOST_SHOWN).map(modelText);
    const rest = asked.length - shown.length;
    return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
  },
};
