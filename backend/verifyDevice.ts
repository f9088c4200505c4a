/** The device that verifications run on, by the driver that people are answered by. */
import path from 'node:path';
import { pino } from 'pino';
import { deviceSpecs, thisMachine, type Machine } from './deviceSpecs.ts';
import { isDeviceError, type DeviceNet } from './devices/device.ts';
import { PilotError } from './protocol/errors.ts';
import { DeviceEngine, type DeviceSpec } from './scheduling/deviceEngine.ts';
import {
  loadErrorOf,
  openingErrorOf,
  pilotErrorOf,
  type FaultContext,
} from './scheduling/deviceErrors.ts';
import type { HostProgram } from './scheduling/hostSupervisor.ts';
import { NetHost } from './scheduling/netHost.ts';
import type { AnswerModel, FindVerifyDevice, VerifyNets } from './verification/device.ts';

const MODEL = 'verified';

export interface VerifyDeviceOptions {
  /** Folder of the card's libraries; where libsophon installs them, when left out. */
  readonly libsophon?: string | undefined;
  /** dist/deviceHost.js; beside this bundle, when left out. */
  readonly hostModule?: string;
  readonly machine?: (home: string) => Machine;
}

/** What goes wrong reaches the caller as an error. */
const log = pino({ level: 'silent' });

/** Of a card the first chip that nobody uses. */
export function verifyDevice({
  libsophon,
  hostModule = path.join(import.meta.dirname, 'deviceHost.js'),
  machine = thisMachine,
}: VerifyDeviceOptions): FindVerifyDevice {
  return async (home, on) => {
    const device =
      on === 'card' ? ({ kind: 'bm1684x' } as const) : ({ kind: 'emulator', chips: 1 } as const);
    const specs = await deviceSpecs({ device, slots: 1, libsophon }, hostModule, machine(home));
    const usable = specs.map(({ host, ...spec }) => {
      if (host instanceof PilotError) throw asMissing(host);
      return { ...spec, host };
    });
    return {
      openNets: (bmodel, signal) =>
        onFreeChip(usable, (spec) => RestartedNets.open(spec, bmodel, signal)),
      openAnswers: (bmodel, signal) =>
        onFreeChip(usable, (spec) => openAnswers(spec, bmodel, signal)),
    };
  };
}

async function onFreeChip<T>(
  [first, ...others]: readonly UsableSpec[],
  open: (spec: UsableSpec) => Promise<T>,
): Promise<T> {
  if (first === undefined) throw new RangeError('There is no device.');
  try {
    return await open(first);
  } catch (error) {
    const isInUse = error instanceof PilotError && error.errorName === 'deviceInUse';
    if (!isInUse || others.length === 0) throw error;
    return onFreeChip(others, open);
  }
}

interface UsableSpec extends DeviceSpec {
  readonly host: HostProgram;
}

/** The nets, in one process after the other. */
class RestartedNets implements VerifyNets {
  /** Undefined when a net has ended it. */
  #host: NetHost | undefined;

  private constructor(
    private readonly context: FaultContext,
    private readonly start: Start,
    host: NetHost,
    readonly nets: VerifyNets['nets'],
  ) {
    this.#host = host;
  }

  static async open(spec: UsableSpec, bmodel: string, signal: AbortSignal): Promise<RestartedNets> {
    const context = { device: spec.id, path: bmodel };
    const start: Start = () => startNets(spec.host, context, signal);
    const { host, nets } = await start();
    return new RestartedNets(context, start, host, nets);
  }

  async run(...[net, inputs]: Parameters<VerifyNets['run']>): ReturnType<VerifyNets['run']> {
    this.#host ??= (await this.start()).host;
    try {
      return await this.#host.run(net, inputs);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (isDeviceError(error, 'hung')) {
        throw pilotErrorOf(error, this.context);
      }
      if (isDeviceError(error, 'lost')) this.#host = undefined;
      return error.message;
    }
  }

  async close(): Promise<void> {
    await this.#host?.close();
  }
}

type Start = () => Promise<{ readonly host: NetHost; readonly nets: readonly DeviceNet[] }>;

async function startNets(
  program: HostProgram,
  context: FaultContext,
  signal: AbortSignal,
): ReturnType<Start> {
  const cancelled = (cause: unknown): PilotError => new PilotError('cancelled', {}, { cause });
  const host = await NetHost.open(program, log, signal).catch((error: unknown) => {
    throw signal.aborted ? cancelled(error) : openingErrorOf(error, context.device);
  });
  try {
    return { host, nets: await host.load(context.path) };
  } catch (error) {
    await host.close();
    throw signal.aborted ? cancelled(error) : loadErrorOf(error, context);
  }
}

async function openAnswers(
  spec: UsableSpec,
  bmodel: string,
  signal: AbortSignal,
): Promise<AnswerModel> {
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
