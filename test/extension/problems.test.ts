import { afterEach, expect, test } from 'vitest';
import { RemoteError } from '../../backend/client/remoteError.ts';
import { errorTable, type ErrorName } from '../../backend/protocol/errorTable.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import { commands } from '../../extension/commandIds.ts';
import {
  connectFailureKind,
  isCancelled,
  problemInText,
  problemOf,
  sentenceOf,
} from '../../extension/problems.ts';
import { fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

const names = Object.keys(errorTable) as ErrorName[];

test.each(names)('%s keeps its details through translation', (name) => {
  const { sentence } = errorTable[name];
  const details = Object.fromEntries(
    Array.from(sentence.matchAll(/\{(\w+)\}/g), ([, key = ''], i) => [key, `(value ${i}.)`]),
  );
  fake.bundle = { [sentence]: `译: ${sentence}` };
  const problem = problemOf(new PilotError(name, details));
  expect(problem.name).toBe(name);
  expect(problem.message).toBe(`译: ${new PilotError(name, details).message}`);
  expect(problem.remedy).toBeTruthy();
});

test('an error from the wire is the same as one made here', () => {
  const local = new PilotError('modelNotFound', { model: 'x' });
  const remote = new RemoteError(local.code, local.message, local.data);
  expect(problemOf(remote)).toEqual(problemOf(local));
});

test('an error without data is known by its code', () => {
  expect(problemOf({ code: 1103, message: 'whatever' }).name).toBe('draining');
  expect(isCancelled({ code: -32800, message: 'Request cancelled' })).toBe(true);
});

test('a sentence of another version is shown as it came', () => {
  const error = new RemoteError(1101, 'Too busy.', { name: 'overloaded', remedy: 'Wait.' });
  expect(problemOf(error).message).toBe('Too busy.');
});

test('the lines below the first are details', () => {
  const reason = 'exit code 1\nfirst line\nlast line';
  const problem = problemOf(new PilotError('backendNotStarted', { reason }));
  expect(problem.message).toBe('The backend did not start: exit code 1');
  expect(problem.details).toEqual(['first line', 'last line']);
});

test.each([
  ['exit code 1', 'The backend did not start: exit code 1. Read the last lines'],
  ['why?', 'The backend did not start: why? Read the last lines'],
  ['退出码', 'The backend did not start: 退出码。 Read the last lines'],
])('a reason becomes a sentence before the remedy: %s', (reason, start) => {
  const sentence = sentenceOf(problemOf(new PilotError('backendNotStarted', { reason })));
  expect(sentence.startsWith(start)).toBe(true);
});

test('an overloaded backend says how long to wait', () => {
  const error = new PilotError('overloaded', { waiting: 64 }, { retryAfterMs: 2500 });
  expect(sentenceOf(problemOf(error))).toBe(
    'The queue is full (64 requests waiting). Try again in 3 s.',
  );
});

test.each([
  [new TypeError('oops'), 'oops'],
  ['text', 'text'],
  [undefined, 'undefined'],
  [{}, '[object Object]'],
])('anything thrown is readable: %s', (thrown, message) => {
  const problem = problemOf(thrown);
  expect(problem.message).toBe(message);
  expect(problem.action).toBe(commands.showLog);
});

test.each([
  ['unauthorized', commands.setToken],
  ['modelNotLoaded', commands.getDefaultModel],
  ['connectionLost', commands.start],
  ['deviceLost', commands.restart],
  ['outOfMemory', commands.manageModels],
  ['deviceUnavailable', commands.showDevices],
  ['deviceHung', commands.showDevices],
  ['deviceInUse', commands.showDevices],
  ['noPermission', commands.showDevices],
  ['outOfMemoryFits', commands.manageModels],
  ['outOfMemoryConverted', commands.manageModels],
  ['internalError', commands.showLog],
] as const)('%s offers the command that helps', (name, command) => {
  expect(problemOf(new PilotError(name)).action).toBe(command);
});

test.each([
  ['unauthorized', 'permanent'],
  ['protocolMismatch', 'permanent'],
  ['draining', 'busy'],
  ['tooManyConnections', 'busy'],
  ['backendUnreachable', 'fault'],
  ['backendNotStarted', 'fault'],
] as const)('connecting again after %s: %s', (name, kind) => {
  expect(connectFailureKind(problemOf(new PilotError(name)))).toBe(kind);
});

test.each(names)('%s is known in the text of a status, with its remedy and without', (name) => {
  const { sentence, remedy } = errorTable[name];
  const details = Object.fromEntries(
    Array.from(sentence.matchAll(/\{(\w+)\}/g), ([, key = ''], i) => [key, `value${i}`]),
  );
  fake.bundle = { [sentence]: `译: ${sentence}` };
  const { message } = new PilotError(name, details);
  for (const text of [message, `${message} ${remedy}`]) {
    expect(problemInText(text)).toMatchObject({ name, message: `译: ${message}` });
  }
});

test('a text that is no sentence of the table is left as it is', () => {
  expect(problemInText('exit code 1')).toMatchObject({
    name: undefined,
    message: 'exit code 1',
    action: commands.showLog,
  });
});
