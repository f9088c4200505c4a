/** From the device that was chosen, and what the machine has, to the hosts that are to run. */
import { listChips } from './card/chips.ts';
import { cardLibraries, emulatorLibraries, emulatorProgram } from './cardLibraries.ts';
import type { Config } from './config.ts';
import { hostName, type DeviceChoice, type HostDevice } from './devices/deviceName.ts';
import { LIBRARIES_VARIABLE } from './devices/registry.ts';
import { PilotError, toPilotError } from './protocol/errors.ts';
import type { DeviceSpec } from './scheduling/deviceEngine.ts';
import { defaultLiveness, type LivenessLimits } from './scheduling/liveness.ts';

/** What is asked of the machine. */
export interface Machine {
  /** Numbers of the chips that the card's driver knows, ascending. */
  chips(): Promise<readonly number[]>;
  /** Their folder. @throws PilotError */
  cardLibraries(folder: string | undefined): Promise<string>;
  /** @throws PilotError */
  emulatorLibraries(): Promise<string>;
}

export function thisMachine(home: string): Machine {
  return {
    chips: async () => listChips(),
    cardLibraries,
    emulatorLibraries: async () => emulatorLibraries(home, process.env),
  };
}

/** Sequences of one model at once: a bmodel decodes them in turn, libllama together. */
const SLOTS = { cpu: 8, bm1684x: 4, emulator: 4 } as const;

/** As much as a chip of the largest cards has, in bytes; the system gives it as it is used. */
const EMULATED_MEMORY = 0x4_0000_0000;

/** The emulator computes a step of a model of some size for many minutes. */
const emulatorLiveness: LivenessLimits = { ...defaultLiveness, stepMs: 4 * 3_600_000 };

/**
 * Of the card's runtime, what is wrong and no more: it is kept for the log.
 * Source: BMRT_LogLevel in libsophon's bmruntime_common.h, where 2 is WRONG, and the variable's name
 * in bmruntime.cpp.
 */
const RUNTIME_LOG = { BMRT_LOG_VERSION: '2' };

/**
 * The devices that a choice means, the card's chips first. One that cannot be used is there all the
 * same, with the reason.
 * @param hostModule the bundle that every device host runs, dist/deviceHost.js
 */
export async function deviceSpecs(
  { device, slots, libsophon }: Pick<Config, 'device' | 'slots' | 'libsophon'>,
  hostModule: string,
  machine: Machine,
): Promise<DeviceSpec[]> {
  const wanted = await wantedDevices(device, machine);
  const environments = new Environments(machine, libsophon);
  const specOf = async (one: WantedDevice): Promise<DeviceSpec> => {
    const { kind } = one.host;
    const environment = one.problem ?? (await environments.of(one.host));
    const common = { id: idOf(one.host), kind, slots: slots ?? SLOTS[kind] };
    if (environment instanceof PilotError) return { ...common, host: environment };
    const host = { modulePath: hostModule, args: [hostName(one.host)], env: environment };
    return {
      ...common,
      host: { ...host, ...(kind === 'emulator' && { liveness: emulatorLiveness }) },
    };
  };
  return Promise.all(wanted.map(specOf));
}

interface WantedDevice {
  readonly host: HostDevice;
  readonly problem?: PilotError;
}

async function wantedDevices(choice: DeviceChoice, machine: Machine): Promise<WantedDevice[]> {
  switch (choice.kind) {
    case 'cpu':
      return [{ host: { kind: 'cpu' } }];
    case 'emulator':
      return numbers(choice.chips).map((chip) => ({ host: { kind: 'emulator', chip } }));
    case 'auto':
      // With the CPU, so that GGUF models go on working beside a card.
      return [...chipHosts(await machine.chips()), { host: { kind: 'cpu' } }];
    case 'bm1684x': {
      const { chip } = choice;
      const chips = await machine.chips();
      if (chip === undefined && chips.length > 0) return chipHosts(chips);
      if (chip !== undefined && chips.includes(chip)) return chipHosts([chip]);
      const has = chips.length === 0 ? 'the driver knows of none' : `there is ${chips.join(', ')}`;
      const reason = chip === undefined ? has : `no chip has the number ${chip}; ${has}`;
      const problem = new PilotError('cardNotFound', { reason });
      return [{ host: { kind: 'bm1684x', chip: chip ?? 0 }, problem }];
    }
    default:
      return choice satisfies never;
  }
}

function chipHosts(chips: readonly number[]): WantedDevice[] {
  return chips.map((chip) => ({ host: { kind: 'bm1684x', chip } }));
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** `cpu`, `bm1684x-0`, `emulator-0`. */
function idOf(host: HostDevice): string {
  return hostName(host).replace(':', '-');
}

/** The environment of a host, asked for once for all devices of a kind; the problem instead of it. */
class Environments {
  readonly #known = new Map<HostDevice['kind'], Promise<Record<string, string> | PilotError>>();

  constructor(
    private readonly machine: Machine,
    private readonly libsophon: string | undefined,
  ) {}

  of({ kind }: HostDevice): Promise<Record<string, string> | PilotError> {
    const known = this.#known.get(kind) ?? this.#make(kind).catch(toPilotError);
    this.#known.set(kind, known);
    return known;
  }

  async #make(kind: HostDevice['kind']): Promise<Record<string, string>> {
    switch (kind) {
      case 'cpu':
        return {};
      case 'bm1684x': {
        const libraries = await this.machine.cardLibraries(this.libsophon);
        return { ...RUNTIME_LOG, [LIBRARIES_VARIABLE]: libraries };
      }
      case 'emulator': {
        const libraries = await this.machine.emulatorLibraries();
        return {
          ...RUNTIME_LOG,
          [LIBRARIES_VARIABLE]: libraries,
          TPUKERNEL_FIRMWARE_PATH: emulatorProgram(libraries),
          CMODEL_GLOBAL_MEM_SIZE: `0x${EMULATED_MEMORY.toString(16)}`,
        };
      }
      default:
        return kind satisfies never;
    }
  }
}
