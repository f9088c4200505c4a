/** `device/list`: the accelerators, and what they measure of themselves. */
import * as z from 'zod';

const MemoryHeap = z.object({
  name: z.string(),
  totalBytes: z.number(),
  usedBytes: z.number(),
});

/**
 * A value that the device does not give is absent, never 0. Those of a board are given by the first
 * chip of its card alone, so that a sum over chips counts them once.
 */
export const Telemetry = z.object({
  chipTemperatureC: z.number().optional(),
  boardTemperatureC: z.number().optional(),
  /** What the chip draws. */
  powerW: z.number().optional(),
  /** What the whole board draws, its chips included. */
  boardPowerW: z.number().optional(),
  /** Between 0 and 1. */
  utilization: z.number().optional(),
  /** The clock it runs at; `DeviceInfo.clockMhz` is the one it was opened with. */
  clockMhz: z.number().optional(),
  fanRpm: z.number().optional(),
  /** Its driver holds it to be broken. */
  hasFault: z.boolean().optional(),
  eccErrors: z.number().optional(),
  /** Threads of the next step, on devices that compute with those of the machine. */
  threads: z.number().int().optional(),
  heaps: z.array(MemoryHeap).optional(),
  /** Memory that the process which drives the device takes of its machine. */
  residentBytes: z.number().optional(),
});
export type Telemetry = z.infer<typeof Telemetry>;

/** Whether this user may use the device node of a chip. */
const NodeAccess = z.enum(['allowed', 'denied', 'missing']);

/** A chip as its kernel driver describes it, without opening it. What it does not tell is absent. */
export const ChipInfo = z.object({
  /** The number of its device node, and of its device in the library. */
  chip: z.number().int(),
  /** Whether the chip is behind PCIe or is the machine itself. */
  mode: z.enum(['pcie', 'soc']),
  /** Path of the device node. */
  node: z.string(),
  access: NodeAccess,
  card: z.number().int().optional(),
  /** 0 for the first chip of its card. */
  chipOnCard: z.number().int().optional(),
  chipsOnCard: z.number().int().optional(),
  /** `0x1684x` for the BM1684X. */
  chipId: z.string().optional(),
  /** Name of the board's kind. */
  board: z.string().optional(),
  serial: z.string().optional(),
  /** Domain, bus, device and function on PCIe. */
  busAddress: z.string().optional(),
  driverVersion: z.string().optional(),
  driverDate: z.string().optional(),
  firmwareVersion: z.string().optional(),
  /** The link as it was negotiated: PCIe generation and lanes. */
  linkGeneration: z.number().int().optional(),
  linkLanes: z.number().int().optional(),
  minClockMhz: z.number().optional(),
  maxClockMhz: z.number().optional(),
  maxBoardPowerW: z.number().optional(),
  /** All memory of the chip; `heaps` are the parts of it that models can use. */
  memoryBytes: z.number().optional(),
  hasEcc: z.boolean().optional(),
  heaps: z.array(MemoryHeap.omit({ usedBytes: true })).optional(),
});
export type ChipInfo = z.infer<typeof ChipInfo>;

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
  /** Why it is without a model that other devices have, a sentence and a remedy for each. */
  problems: z.array(z.string()).optional(),
  pid: z.number().int().optional(),
  clockMhz: z.number().optional(),
  libraryVersion: z.string().optional(),
  driverVersion: z.string().optional(),
  /** The chip that it is, on cards. */
  chip: ChipInfo.optional(),
  restarts: z.number().int(),
  models: z.array(LoadedModelInfo),
  telemetry: Telemetry,
});
export type DeviceInfo = z.infer<typeof DeviceInfo>;

export const DeviceList = z.object({ devices: z.array(DeviceInfo) });
