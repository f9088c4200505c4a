/** Names of devices: what people may choose, and what a device host is started with. */
import * as z from 'zod';

/** A choice; absent `chip` means every chip of the machine. */
export type DeviceChoice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'cpu' }
  | { readonly kind: 'bm1684x'; readonly chip?: number }
  | { readonly kind: 'emulator'; readonly chips: number };

/** One device, as one host drives it. Emulated chips count from 0, each in a process of its own. */
export type HostDevice =
  | { readonly kind: 'cpu' }
  | { readonly kind: 'bm1684x'; readonly chip: number }
  | { readonly kind: 'emulator'; readonly chip: number };

const MAX_EMULATED = 8;

/** For help texts and errors. */
export const deviceNames = `auto, cpu, bm1684x (every chip), bm1684x:K (chip number K), emulator, emulator:N (N emulated chips, 1 to ${MAX_EMULATED})`;

/** Undefined for a text that names no device. */
export function parseDevice(text: string): DeviceChoice | undefined {
  const [, kind, digits] = /^([a-z0-9]+)(?::(\d{1,3}))?$/.exec(text) ?? [];
  const number = digits === undefined ? undefined : Number(digits);
  switch (kind) {
    case 'auto':
    case 'cpu':
      return number === undefined ? { kind } : undefined;
    case 'bm1684x':
      return number === undefined ? { kind } : { kind, chip: number };
    case 'emulator':
      if (number === 0 || (number ?? 1) > MAX_EMULATED) return undefined;
      return { kind, chips: number ?? 1 };
    default:
      return undefined;
  }
}

/** `--device`, `device` of config.json, TPU_PILOT_DEVICE. */
export const DeviceText = z.string().transform((text, context) => {
  const choice = parseDevice(text);
  if (choice) return choice;
  context.addIssue({ code: 'custom', message: `"${text}" is none of ${deviceNames}` });
  return z.NEVER;
});

/** The argument of a device host: `cpu`, `bm1684x:K`, `emulator:K`. */
export function hostName(device: HostDevice): string {
  return device.kind === 'cpu' ? device.kind : `${device.kind}:${device.chip}`;
}

/** @throws RangeError for what `hostName` does not write */
export function parseHostName(text: string): HostDevice {
  if (text === 'cpu') return { kind: 'cpu' };
  const [, kind, chip] = /^(bm1684x|emulator):(\d{1,3})$/.exec(text) ?? [];
  if (kind === 'bm1684x' || kind === 'emulator') return { kind, chip: Number(chip) };
  throw new RangeError(`A device host drives cpu, bm1684x:K or emulator:K, not "${text}".`);
}
