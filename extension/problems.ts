/** Any error as something a person can read and act on, in the language of the editor. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { errorTable, type ErrorName } from '../backend/protocol/errorTable.ts';
import { ErrorData } from '../backend/protocol/errors.ts';
import { commands, type CommandId } from './commandIds.ts';
import { translated } from './translated.ts';

export interface Problem {
  /** Undefined for errors that are not in the protocol's table. */
  readonly name: ErrorName | undefined;
  /** One line. */
  readonly message: string;
  /** The lines that came below it, such as the last words of a process. */
  readonly details: readonly string[];
  readonly remedy: string | undefined;
  /** The command most likely to help. */
  readonly action: CommandId;
}

/** The common shape of PilotError and of vscode-jsonrpc's ResponseError. */
const ErrorShape = z.object({
  message: z.string(),
  code: z.number().optional().catch(undefined),
  data: ErrorData.optional().catch(undefined),
});

function isErrorName(name: string): name is ErrorName {
  return Object.hasOwn(errorTable, name);
}

const names = Object.keys(errorTable).filter(isErrorName);

function nameOf(error: z.infer<typeof ErrorShape>): ErrorName | undefined {
  const { code, data } = error;
  if (data && isErrorName(data.name)) return data.name;
  if (code === undefined) return undefined;
  return names.find((name) => errorTable[name].code === code);
}

function translateSentence(name: ErrorName, message: string): string | undefined {
  return translated(errorTable[name].sentence, message);
}

function actionFor(name: ErrorName | undefined): CommandId {
  switch (name) {
    case 'unauthorized':
    case 'forbidden':
      return commands.setToken;
    case 'modelNotFound':
    case 'modelNotLoaded':
      return commands.getDefaultModel;
    case 'backendUnreachable':
    case 'connectionLost':
    case 'draining':
      return commands.start;
    case 'protocolMismatch':
    case 'deviceLost':
    case 'deviceTimeout':
      return commands.restart;
    case 'outOfMemory':
    case 'outOfMemoryFits':
    case 'outOfMemoryConverted':
    case 'unsupportedModel':
    case 'modelInvalid':
    case 'promptTooLong':
      return commands.manageModels;
    case 'deviceUnavailable':
    case 'deviceHung':
    case 'deviceInUse':
    case 'libraryMissing':
    case 'libraryTooOld':
    case 'noPermission':
      return commands.showDevices;
    case 'toolchainMissing':
    case 'toolchainBroken':
    case 'toolchainFailed':
      return commands.installToolchain;
    default:
      return commands.showLog;
  }
}

/** The table's remedies speak to the command line; where the editor has a button, they name that. */
function remedyOf(name: ErrorName, retryAfterMs: number | undefined): string {
  switch (name) {
    case 'overloaded':
    case 'rateLimited':
      return vscode.l10n.t('Try again in {0} s.', Math.ceil((retryAfterMs ?? 1000) / 1000));
    case 'modelNotFound':
      return vscode.l10n.t('Use "TPU Pilot: Manage Models" to see those there are, or to get one.');
    case 'modelNotLoaded':
      return vscode.l10n.t('Use "TPU Pilot: Get the Default Model".');
    case 'outOfMemory':
      return vscode.l10n.t('Use "TPU Pilot: Manage Models" to load a smaller one.');
    case 'protocolMismatch':
      return vscode.l10n.t(
        'Use "TPU Pilot: Restart Backend" to run the one that belongs to this extension; on another machine, update the older of the two.',
      );
    case 'deviceUnavailable':
      return vscode.l10n.t('Use "TPU Pilot: Show Devices" to see what is missing.');
    case 'backendUnreachable':
      return vscode.l10n.t('Use "TPU Pilot: Start Backend", or check the address in the settings.');
    case 'toolchainMissing':
      return vscode.l10n.t('Use "TPU Pilot: Install Toolchain".');
    case 'unauthorized':
      return vscode.l10n.t('Use "TPU Pilot: Set Backend Token" with the token of this backend.');
    default:
      return vscode.l10n.t(errorTable[name].remedy);
  }
}

/** Never throws, whatever was thrown. */
export function problemOf(error: unknown): Problem {
  const { data: shape } = ErrorShape.safeParse(error);
  const name = shape && nameOf(shape);
  const text = shape?.message ?? String(error);
  const sentence = name && translateSentence(name, text);
  const [message = '', ...details] = (sentence ?? text).split('\n');
  const retryAfterMs = shape?.data?.retryAfterMs;
  return {
    name,
    message,
    details,
    remedy: name ? remedyOf(name, retryAfterMs) : shape?.data?.remedy,
    action: actionFor(name),
  };
}

/**
 * A sentence of the error table, with its remedy or without, as the status carries it. Any other
 * text is a problem without a name.
 */
export function problemInText(text: string): Problem {
  for (const name of names) {
    const { remedy } = errorTable[name];
    const sentence = text.endsWith(` ${remedy}`) ? text.slice(0, -remedy.length - 1) : text;
    const message = translateSentence(name, sentence);
    if (message === undefined) continue;
    return {
      name,
      message,
      details: [],
      remedy: remedyOf(name, undefined),
      action: actionFor(name),
    };
  }
  return {
    name: undefined,
    message: text,
    details: [],
    remedy: undefined,
    action: actionFor(undefined),
  };
}

export function isCancelled(error: unknown): boolean {
  return problemOf(error).name === 'cancelled';
}

/** A sentence that quotes a reason may end without a full stop, as the reason did. */
export function messageOf({ message }: Problem): string {
  if (/[.!?。！？]$/u.test(message)) return message;
  return `${message}${/\p{Script=Han}$/u.test(message) ? '。' : '.'}`;
}

/** Message and remedy as one paragraph. */
export function sentenceOf(problem: Problem): string {
  return problem.remedy === undefined ? problem.message : `${messageOf(problem)} ${problem.remedy}`;
}

/** What a failed attempt to connect means for the next one. */
export function connectFailureKind({ name }: Problem): 'fault' | 'permanent' | 'busy' {
  switch (name) {
    case 'unauthorized':
    case 'forbidden':
    case 'protocolMismatch':
    case 'serverNotProven':
    case 'originRefused':
    case 'hostRefused':
    case 'homeNotWritable':
    case 'configInvalid':
      return 'permanent';
    case 'draining':
    case 'tooManyConnections':
    case 'rateLimited':
      return 'busy';
    default:
      return 'fault';
  }
}
