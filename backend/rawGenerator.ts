/** `generate/raw`: a prompt as it is, and what the model goes on with. */
import { samplingNotice } from './models/samplingNotice.ts';
import type { ChatProgress } from './protocol/chat.ts';
import { PilotError } from './protocol/errors.ts';
import type { RawParams, RawResult } from './protocol/rawGeneration.ts';
import type { Engine, ModelHandle } from './scheduling/engine.ts';

const DEFAULT_MAX_TOKENS = 128;

export class RawGenerator {
  readonly #engine: Pick<Engine, 'resolve' | 'generate'>;

  constructor(engine: Pick<Engine, 'resolve' | 'generate'>) {
    this.#engine = engine;
  }

  /**
   * An aborted signal resolves with `cancelled` and what there is so far.
   * @throws PilotError invalidParams for a token that the vocabulary does not have, modelNotFound,
   * modelNotLoaded, and those of `Engine.generate`
   */
  async generate(
    params: RawParams,
    onProgress: (progress: ChatProgress) => void,
    signal: AbortSignal,
  ): Promise<RawResult> {
    const model = this.#engine.resolve(params.model, 'completion');
    const sampling = { temperature: 0, ...params.sampling };
    const notify = (message: string): void => onProgress({ kind: 'notice', message });
    const remark = samplingNotice(model.metadata, sampling);
    if (remark !== undefined) notify(remark);
    const { tokens, text, finishReason, timings } = await this.#engine.generate(
      {
        model,
        class: params.class ?? 'batch',
        prompt: await promptOf(model, params),
        maxTokens: params.maxTokens ?? DEFAULT_MAX_TOKENS,
        sampling,
        stop: params.stop ?? [],
        overflow: params.overflow,
        ...(params.deadlineMs !== undefined && { deadlineMs: params.deadlineMs }),
      },
      {
        onText: (piece) => onProgress({ kind: 'text', text: piece }),
        onNotice: notify,
      },
      signal,
    );
    return { tokens: [...tokens], text, finishReason, model: model.id, timings };
  }
}

async function promptOf(
  model: ModelHandle,
  { prompt = '', tokens }: Pick<RawParams, 'prompt' | 'tokens'>,
): Promise<Int32Array> {
  const { vocabularySize, addBos, bosToken } = model.metadata;
  if (tokens === undefined) {
    return model.encode([...(addBos && bosToken ? [bosToken.id] : []), prompt]);
  }
  const unknown = tokens.find((token) => token >= vocabularySize);
  if (unknown !== undefined) {
    const range = `the vocabulary of ${model.id} has 0 to ${vocabularySize - 1}`;
    const details = { method: 'generate/raw', reason: `there is no token ${unknown}: ${range}` };
    throw new PilotError('invalidParams', details);
  }
  return Int32Array.from(tokens);
}
