/**
 * The thread that owns a chip. Every call of the vendor's libraries is made here: a launch and the
 * waiting for it belong to one thread of the operating system (driver/bm_api.c of libsophon), and
 * the device host's main thread must go on reading messages meanwhile.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { DeviceError } from '../device.ts';
import { faultOf, type DeviceFault } from '../fault.ts';
import { readIdentity, readTelemetryByLibrary } from './bmlibTelemetry.ts';
import {
  type CardCalls,
  type CardChange,
  type CardThreadData,
  type FromCardThread,
  type ToCardThread,
} from './cardMessages.ts';
import { CardModel } from './cardModel.ts';
import { Chip } from './chip.ts';
import { EngineRest, slowSeldomUsedEngines, yieldToOthers } from './emulatorThreads.ts';
import { openLibraries } from './libraries.ts';
import { NetRunner } from './netRunner.ts';

const { libraries, chip: chipNumber, isEmulator, abortFlag } = workerData as CardThreadData;
const models = new Map<number, CardModel>();
/** Of models whose nets are run one by one. */
const runners = new Map<number, NetRunner>();
let chip: Chip | undefined;
/** Of the emulator. */
let engines: EngineRest | undefined;
/** Of the step that runs. */
let step = 0;
/** Of changes that nobody waited for, by model: the next step's of the same. */
const faults = new Map<number, Error>();

const calls: CardCalls = {
  open() {
    if (isEmulator) yieldToOthers();
    chip = Chip.open(openLibraries(libraries), chipNumber);
    if (isEmulator) {
      slowSeldomUsedEngines();
      engines = new EngineRest();
    } else chip.checkAnswers();
    return readIdentity(chip);
  },
  load({ model, ...options }) {
    const loaded = new CardModel({
      ...options,
      chip: openChip(),
      checkAbort: () => {
        if (Atomics.load(abortFlag, 0) === step) {
          throw new DeviceError('aborted', 'The step was aborted.');
        }
      },
    });
    models.set(model, loaded);
    return loaded.facts;
  },
  step({ model, step: number, plan }) {
    const fault = faults.get(model);
    faults.delete(model);
    if (fault) throw fault;
    step = number;
    return modelOf(model).step(plan);
  },
  loadNets({ model, ...options }) {
    const runner = new NetRunner({ ...options, chip: openChip() });
    runners.set(model, runner);
    return runner.nets;
  },
  runNet({ model, net, stage, inputs }) {
    const runner = runners.get(model);
    if (runner === undefined) throw new DeviceError('lost', 'The model is not loaded.');
    return runner.run(net, stage, inputs);
  },
  telemetry: () => readTelemetryByLibrary(openChip()),
  dispose({ model }) {
    models.get(model)?.free();
    models.delete(model);
    return null;
  },
  close() {
    engines?.end();
    engines = undefined;
    for (const model of [...models.values(), ...runners.values()]) model.free();
    models.clear();
    runners.clear();
    chip?.close();
    chip = undefined;
    return null;
  },
};

parentPort?.on('message', (message: ToCardThread) => {
  // Telemetry is asked for again and again, and is no work for them.
  const isWork = 'change' in message || message.call !== 'telemetry';
  if (isWork) engines?.working();
  receive(message);
  if (isWork) engines?.done();
});

function receive(message: ToCardThread): void {
  if ('change' in message) {
    try {
      carryOut(message.change);
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      faults.set(message.change.model, fault);
    }
    return;
  }
  let reply: FromCardThread;
  try {
    const work = calls[message.call] as (request: unknown) => unknown;
    reply = { id: message.id, result: work(message.request) };
  } catch (error) {
    reply = { id: message.id, fault: threadFaultOf(error) };
  }
  parentPort?.postMessage(reply);
}

function carryOut(change: CardChange): void {
  const model = modelOf(change.model);
  const { slot } = change;
  switch (change.kind) {
    case 'configure':
      model.configure(slot, change.sampling, change.history);
      break;
    case 'truncate':
      model.truncate(slot, change.length);
      break;
    case 'copyPrefix':
      model.copyPrefix(slot, change.to, change.length);
      break;
    case 'save':
      model.save(slot, change.length, change.data);
      break;
    case 'restore':
      model.restore(slot, change.length, change.data);
      break;
    default:
      change satisfies never;
  }
}

/** Where an unexpected error came from would be lost with its class. */
function threadFaultOf(error: unknown): DeviceFault {
  const fault = faultOf(error);
  const isUnexpected = fault.code === 'internal' && error instanceof Error;
  return isUnexpected ? { ...fault, message: error.stack ?? fault.message } : fault;
}

function openChip(): Chip {
  if (chip === undefined) throw new DeviceError('lost', 'The chip is not open.');
  return chip;
}

function modelOf(id: number): CardModel {
  const model = models.get(id);
  if (model === undefined) throw new DeviceError('lost', 'The model is not loaded.');
  return model;
}
