/** Errors of devices (13xx). */
import type { ErrorRow } from './errorRow.ts';

export const devicesErrors = {
  deviceUnavailable: {
    code: 1301,
    sentence: 'The device {device} is not available: {reason}',
    remedy: 'See "tpu-pilot device info" for what is missing.',
  },
  deviceLost: {
    code: 1302,
    sentence: 'The device {device} stopped and could not be restarted: {reason}',
    remedy: 'Look in the backend log, then restart the backend.',
  },
  deviceHung: {
    code: 1303,
    sentence: 'The device {device} is hung: recover or reboot. {reason}',
    remedy:
      'Run "bm-smi --recovery --dev=N" with the number N of its chip, which may reboot the machine, or reboot; then restart the backend.',
  },
  outOfMemory: {
    code: 1304,
    sentence: 'Not enough memory in {heap} of {device}: {needed} bytes needed, {available} free.',
    remedy: 'Use a smaller model, a shorter context or fewer slots.',
  },
  unsupportedModel: {
    code: 1305,
    sentence: 'The device cannot run this model: {reason}',
    remedy:
      'Do what the message names, or choose a model of a supported architecture; see README.md.',
  },
  deviceTimeout: {
    code: 1306,
    sentence: 'The device {device} did not answer in time.',
    remedy: 'Try again; if it happens again, restart the backend.',
  },
  outOfMemoryFits: {
    code: 1307,
    sentence:
      'Not enough memory in {heap} of {device}: {needed} bytes needed, {available} free; {slots} slots of {contextLength} tokens would fit.',
    remedy: 'Set slots and contextLength in config.json to what fits, or use a smaller model.',
  },
  outOfMemoryConverted: {
    code: 1313,
    sentence:
      'Not enough memory in {heap} of {device}: {needed} bytes needed, {available} free; converted for {contextLength} tokens, the model would fit.',
    remedy:
      'Convert it again with that --seq-length or fewer bits, or unload what else is on the chip.',
  },
  libraryMissing: {
    code: 1308,
    sentence: 'The library of the device {device} cannot be used: {reason}',
    remedy:
      'Install libsophon 0.5.1 or newer for the processor of this machine, or name the folder of its libraries with --libsophon.',
  },
  libraryTooOld: {
    code: 1309,
    sentence: 'The library of the device {device} is too old: {reason}',
    remedy: 'Update libsophon, its driver and its libraries alike, then restart the backend.',
  },
  noPermission: {
    code: 1310,
    sentence: 'This user may not open the device {device}: {reason}',
    remedy:
      'Add the user to the group of the node ("sudo usermod -aG GROUP USER") and log in again, or give the node a group by a udev rule: KERNEL=="bm-sophon*|bmdev-ctl", GROUP="GROUP", MODE="0660".',
  },
  deviceInUse: {
    code: 1311,
    sentence: 'The device {device} is in use: {reason}',
    remedy: 'End the process that uses it, or serve another device with --device.',
  },
  cardNotFound: {
    code: 1312,
    sentence: 'There is no such card: {reason}',
    remedy: 'See docs/card.md for its driver, or choose --device cpu or --device emulator.',
  },
} as const satisfies Record<string, ErrorRow>;
