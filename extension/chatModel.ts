import type { BackendStatus } from '../backend/protocol/backend.ts';

/** Assumed until the backend has named its model. */
const SMALL_CONTEXT = 4096;

/** Tokens that the chat model has room for, prompt and answer together. */
export function chatContextLength(status: BackendStatus | undefined): number {
  const models = status?.devices.flatMap((device) => device.models) ?? [];
  return models.find((model) => model.hasChatTemplate)?.contextLength ?? SMALL_CONTEXT;
}
