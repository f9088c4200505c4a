/** `device/list`: the accelerators, and what they measure of themselves. */
import * as z from 'zod';

const MemoryHeap = z.object({
  name: z.string(),
  totalBytes: z.number(),
  usedBytes: z.number(),
});

/** A value that the device does not give is absent, never 0. */
export const Telemetry = z.object({
  chipTemperatureC: z.number().optional(),
  boardTemperatureC: z.number().optional(),
  powerW: z.number().optional(),
  /** Between 0 and 1. */
  utilization: z.number().optional(),
  fanRpm: z.number().optional(),
  eccErrors: z.number().optional(),
  /** Threads of the next step, on devices that compute with those of the machine. */
  threads: z.number().int().optional(),
  heaps: z.array(MemoryHeap).optional(),
  /** Memory that the process which drives the device takes of its machine. */
  residentBytes: z.number().optional(),
});
export type Telemetry = z.infer<typeof Telemetry>;

export const DeviceState = z.enum(['starting', 'loading', 'ready', 'restarting', 'failed']);
export type DeviceState = z.infer<typeof DeviceState>;

export const LoadedModelInfo = z.object({
  id: z.string(),
  name: z.string(),
  slots: z.number().int(),
  activeSlots: z.number().int(),
  contextLength: z.number().int(),
  hasFillIn: z.boolean(),
  hasChatTemplate: z.boolean(),
  /** Its chat template has a place for tools. */
  hasTools: z.boolean(),
  /** It can think before answering, and be told not to. */
  canThink: z.boolean(),
});
export type LoadedModelInfo = z.infer<typeof LoadedModelInfo>;

export const DeviceInfo = z.object({
  id: z.string(),
  /** Driver: `cpu`, `bm1684x`. */
  kind: z.string(),
  name: z.string(),
  state: DeviceState,
  /** Why it is not ready. */
  detail: z.string().optional(),
  pid: z.number().int().optional(),
  clockMhz: z.number().optional(),
  libraryVersion: z.string().optional(),
  driverVersion: z.string().optional(),
  restarts: z.number().int(),
  models: z.array(LoadedModelInfo),
  telemetry: Telemetry,
});
export type DeviceInfo = z.infer<typeof DeviceInfo>;

export const DeviceList = z.object({ devices: z.array(DeviceInfo) });
