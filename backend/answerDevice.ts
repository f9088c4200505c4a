/** The device that a verification decodes on: an engine of its own, with one model in one slot. */
import path from 'node:path';
import { pino } from 'pino';
import { deviceSpecs, thisMachine, type Machine } from './deviceSpecs.ts';
import { PilotError } from './protocol/errors.ts';
import { DeviceEngine, type DeviceSpec } from './scheduling/deviceEngine.ts';
import type { AnswerModel, FindAnswerDevice } from './verification/answers.ts';

const MODEL = 'verified';

export interface AnswerDeviceOptions {
  /** Folder of the card's libraries; where libsophon installs them, when left out. */
  readonly libsophon?: string | undefined;
  /** dist/deviceHost.js; beside this bundle, when left out. */
  readonly hostModule?: string;
  readonly machine?: (home: string) => Machine;
}

/** Of a card the first chip. */
export function answerDevice({
  libsophon,
  hostModule = path.join(import.meta.dirname, 'deviceHost.js'),
  machine = thisMachine,
}: AnswerDeviceOptions): FindAnswerDevice {
  return async (home, on) => {
    const device =
      on === 'card' ? ({ kind: 'bm1684x' } as const) : ({ kind: 'emulator', chips: 1 } as const);
    const [spec] = await deviceSpecs({ device, slots: 1, libsophon }, hostModule, machine(home));
    if (spec === undefined) throw new RangeError(`There is no device for ${on}.`);
    if (spec.host instanceof PilotError) throw asMissing(spec.host);
    return { open: (bmodel, signal) => open(spec, bmodel, signal) };
  };
}

async function open(spec: DeviceSpec, bmodel: string, signal: AbortSignal): Promise<AnswerModel> {
  // What goes wrong reaches the caller as an error.
  const log = pino({ level: 'silent' });
  const engine = new DeviceEngine({ devices: [spec], log });
  const close = (): Promise<void> => engine.drain(AbortSignal.abort());
  const onAbort = (): void => void close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await engine.load({ id: MODEL, aliases: [], path: bmodel });
    if (signal.aborted) throw new PilotError('cancelled');
    const model = engine.resolve(MODEL, 'completion');
    return {
      endTokens: model.metadata.endTokens,
      answer: async (prompt, maxTokens) => {
        const { tokens, finishReason } = await engine.generate(
          {
            ...{ model, class: 'batch', prompt: Int32Array.from(prompt), maxTokens, stop: [] },
            sampling: { temperature: 0 },
          },
          { onText: () => undefined },
          signal,
        );
        if (finishReason === 'cancelled') throw new PilotError('cancelled');
        return { tokens, isEnded: finishReason === 'stop' };
      },
      close,
    };
  } catch (error) {
    await close();
    throw signal.aborted ? new PilotError('cancelled', {}, { cause: error }) : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function asMissing(error: PilotError): PilotError {
  if (error.errorName !== 'cardNotFound') return error;
  const reason = 'the driver knows of none';
  return new PilotError('cardMissing', { reason }, { cause: error });
}
