/**
 * A device host over the in-memory device, for tests of what happens between processes. It is told
 * how to misbehave in its first argument, as JSON.
 */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { DeviceError, deviceErrorCodes, type StepPlan } from '../../backend/devices/device.ts';
import { runHost } from '../../backend/host/runHost.ts';
import { MemoryDevice } from './memoryDevice.ts';

const Behaviour = z.object({
  /** What a step takes, so that a test can act in the middle of an answer. */
  stepMs: z.number().default(0),
  endOneIn: z.number().int().default(0),
  trainedContextLength: z.number().int().default(2048),
  /** Exit in a step that prefills this token. */
  crashOnToken: z.number().optional(),
  /** Never end the first step, unless this file exists; then create it. */
  hangOnce: z.string().optional(),
  /** Report the device as gone in the first step, unless this file exists; then create it. */
  lostOnce: z.string().optional(),
  /** In the same way report that it gave no answer in time. */
  timeoutOnce: z.string().optional(),
  /** Report the device as hung in the step with this number, counted from 1. */
  hungAtStep: z.number().int().optional(),
  /** A file that counts how often a host was started, a byte each time. */
  starts: z.string().optional(),
  /** Send a message that is none, unless this file exists; then create it. */
  babbleOnce: z.string().optional(),
  /** Refuse to open, with that code. */
  unavailable: z.enum(deviceErrorCodes).optional(),
  /** Refuse paths with this text in them for want of memory. */
  noMemoryFor: z.string().optional(),
  /** What loading takes, so that devices come up in an order. */
  loadMs: z.number().default(0),
  /** Report the device as hung when a path with this text in it is loaded. */
  hungLoading: z.string().optional(),
  /** Report the device as gone when a path with this text in it is loaded, and live on. */
  lostLoading: z.string().optional(),
  /** Printed in every step, as native libraries do. */
  stdout: z.string().optional(),
});
export type MemoryHostBehaviour = z.input<typeof Behaviour>;

const behaviour = Behaviour.parse(JSON.parse(process.argv[2] ?? '{}'));
const isFirst = (marker: string | undefined): boolean => {
  if (marker === undefined || existsSync(marker)) return false;
  writeFileSync(marker, '');
  return true;
};

let steps = 0;

async function duringStep(plan: StepPlan, signal: AbortSignal): Promise<void> {
  if (behaviour.stdout !== undefined) process.stdout.write(`${behaviour.stdout}\n`);
  if (isFirst(behaviour.hangOnce)) await new Promise(() => undefined);
  if (isFirst(behaviour.babbleOnce)) process.send?.({ type: 'babble' });
  if (isFirst(behaviour.lostOnce)) throw new DeviceError('lost', 'The card fell off the bus.');
  if (isFirst(behaviour.timeoutOnce)) throw new DeviceError('timeout', 'The card took too long.');
  if (++steps === behaviour.hungAtStep) throw new DeviceError('hung', 'A launch timed out.');
  const { crashOnToken } = behaviour;
  if (crashOnToken !== undefined && plan.prefill?.tokens.includes(crashOnToken)) {
    process.stderr.write('native assertion failed\n');
    process.exit(134);
  }
  await sleep(behaviour.stepMs, undefined, { signal }).catch(() => undefined);
}

class CrashingDevice extends MemoryDevice {
  override async load(...args: Parameters<MemoryDevice['load']>): ReturnType<MemoryDevice['load']> {
    const { path } = args[0];
    const { noMemoryFor, hungLoading, lostLoading, loadMs } = behaviour;
    await sleep(loadMs);
    if (path.includes('crash')) process.exit(139);
    if (lostLoading !== undefined && path.includes(lostLoading)) {
      throw new DeviceError('lost', 'The card fell off the bus.');
    }
    if (noMemoryFor !== undefined && path.includes(noMemoryFor)) {
      const fits = { slots: 2, contextLength: 512 };
      const shortage = { heap: 'heap1', neededBytes: 5e9, availableBytes: 4e9, fits };
      throw new DeviceError('noMemory', 'It does not fit.', shortage);
    }
    if (hungLoading !== undefined && path.includes(hungLoading)) {
      throw new DeviceError('hung', 'A copy timed out.');
    }
    return super.load(...args);
  }
}

await runHost(() => {
  if (behaviour.starts !== undefined) appendFileSync(behaviour.starts, '.');
  if (behaviour.unavailable !== undefined) {
    return Promise.reject(new DeviceError(behaviour.unavailable, 'There is no such device.'));
  }
  const { endOneIn, trainedContextLength } = behaviour;
  return Promise.resolve(new CrashingDevice({ endOneIn, trainedContextLength, duringStep }));
});
