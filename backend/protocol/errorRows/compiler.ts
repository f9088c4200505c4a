/** Errors of the vendor's compiler (16xx), of conversion (17xx), verification (18xx), prediction (19xx). */
import type { ErrorRow } from './errorRow.ts';

export const compilerErrors = {
  // The vendor's compiler
  toolchainMissing: {
    code: 1601,
    sentence: 'The compiler is not installed: {reason}',
    remedy: 'Install it with "tpu-pilot toolchain install".',
  },
  toolchainPlatform: {
    code: 1602,
    sentence: 'The compiler runs on Linux on x86-64, not on {platform}.',
    remedy: 'Use such a machine, or name an image for it with --docker.',
  },
  toolchainPython: {
    code: 1603,
    sentence: 'The compiler needs Python 3.10, and there is none that works: {reason}',
    remedy:
      'Install one (Ubuntu 22.04: "apt-get install python3.10-venv"; elsewhere "uv python install 3.10", pyenv or conda) and name it with --python, or name an image that has it with --docker.',
  },
  toolchainFailed: {
    code: 1604,
    sentence: 'Installing {what} failed: {reason}',
    remedy: 'Read toolchain/install.log in the home folder; installing again goes on from here.',
  },
  toolchainBroken: {
    code: 1605,
    sentence: 'The compiler is installed but does not work: {reason}',
    remedy: 'Install again to repair it; if that does not help, remove it first.',
  },
  packageMismatch: {
    code: 1606,
    sentence: 'The sha256 of {package} is not the one in the lock file.',
    remedy: 'Check the package index that pip uses: nothing of this package was installed.',
  },
  dockerFailed: {
    code: 1607,
    sentence: 'Docker could not run {image}: {reason}',
    remedy: 'Check that Docker runs, that you may use it and that it has the image.',
  },
  toolchainPrograms: {
    code: 1608,
    sentence: 'The compiler needs programs that are not installed: {programs}',
    remedy:
      'Install them (Debian and Ubuntu: "apt-get install cmake g++ make"), or name an image that has them with --docker.',
  },

  // Conversions
  conversionOptions: {
    code: 1701,
    sentence: 'The model cannot be converted like this: {reason}',
    remedy: 'Change the option that the message names.',
  },
  unsafeSource: {
    code: 1702,
    sentence: 'The model is not used, for it would run code of its own: {reason}',
    remedy: 'Take a version of the model with safetensors weights and without code of its own.',
  },
  conversionFailed: {
    code: 1703,
    sentence: 'Converting failed at {part}: {reason}',
    remedy:
      'Read the log of the job ("tpu-pilot job log"); converting again goes on from what is done.',
  },
  conversionIncomplete: {
    code: 1704,
    sentence: 'The compiler said that all is well, but {part} is not right: {reason}',
    remedy: 'Convert again; if it happens again, report it with the log of the job.',
  },
  memoryShort: {
    code: 1705,
    sentence: 'Converting needs {needed} bytes of memory, and {free} are free.',
    remedy: 'Close other programs, or convert on a machine with more memory.',
  },
  outputExists: {
    code: 1706,
    sentence: 'There is something at {path} already.',
    remedy: 'Name a folder that does not exist yet.',
  },

  // Verifications
  verificationStopped: {
    code: 1801,
    sentence: 'Verifying stopped at {part}: {reason}',
    remedy: 'Read the log of the job, correct what it names, and verify again.',
  },
  referenceMissing: {
    code: 1802,
    sentence: 'There is no float model to compare {model} with: {reason}',
    remedy: 'Name the one it was made from with --source, or give --input and --reference.',
  },
  dataUnfit: {
    code: 1803,
    sentence: 'This cannot be compared: {reason}',
    remedy:
      'Correct the file or the option that the message names; "tpu-pilot verify --help" says more.',
  },
  notVerified: {
    code: 1804,
    sentence: 'Nothing is known of a verification of {model}: {reason}',
    remedy: 'Verify it with "tpu-pilot verify".',
  },
  cardMissing: {
    code: 1805,
    sentence: 'There is no card to verify on: {reason}',
    remedy: 'Verify on the emulator, which needs no card: --on emulator.',
  },
  modelDamaged: {
    code: 1806,
    sentence: '{file} is damaged: {reason}',
    remedy: 'Copy it anew from where it is whole, or convert the model again.',
  },
  modelUnfaithful: {
    code: 1807,
    sentence: '{model} does not compute what its float model does: {parts}',
    remedy:
      'Convert it again with the layers that the report names in --keep-high, or see docs/verify.md.',
  },

  // Predictions
  compilationFailed: {
    code: 1901,
    sentence: 'Compiling {net} for a prediction failed: {reason}',
    remedy: 'Try other options, or predict by formula with --estimate.',
  },
} as const satisfies Record<string, ErrorRow>;
