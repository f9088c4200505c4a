/** The models of the backend that can chat. */
import type { BackendStatus } from '../backend/protocol/backend.ts';

/** Tokens of context, assumed until the backend has named its model. */
export const ASSUMED_CONTEXT = 4096;

type LoadedModel = BackendStatus['devices'][number]['models'][number];

/** Every loaded model with a chat template, with its device; more than once when on several. */
export function chatModelsOf(
  status: BackendStatus | undefined,
): { readonly device: string; readonly model: LoadedModel }[] {
  return (status?.devices ?? []).flatMap(({ name, models }) =>
    models.filter((model) => model.hasChatTemplate).map((model) => ({ device: name, model })),
  );
}

/** Tokens that the chat model has room for, prompt and answer together. */
export function chatContextLength(status: BackendStatus | undefined): number {
  return chatModelsOf(status)[0]?.model.contextLength ?? ASSUMED_CONTEXT;
}
