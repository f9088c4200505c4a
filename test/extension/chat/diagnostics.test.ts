import { expect, test } from 'vitest';
import * as vscode from 'vscode';
import {
  describeDiagnostics,
  diagnosticsIn,
  type Reported,
} from '../../../extension/chat/diagnostics.ts';

function diagnostic(
  line: number,
  severity: vscode.DiagnosticSeverity,
  message: string,
  rest: Partial<Reported> = {},
): Reported {
  return { range: new vscode.Range(line, 0, line, 5), severity, message, ...rest };
}

const { Error: Fault, Warning, Hint } = vscode.DiagnosticSeverity;

test('those of the lines, the worst first, without hints', () => {
  const all = [
    diagnostic(4, Warning, 'unused'),
    diagnostic(5, Fault, 'wrong type'),
    diagnostic(5, Hint, 'could be shorter'),
    diagnostic(9, Fault, 'elsewhere'),
  ];
  const messages = (range?: vscode.Range): string[] =>
    diagnosticsIn(all, range).map(({ message }) => message);
  expect(messages(new vscode.Range(3, 0, 6, 0))).toEqual(['wrong type', 'unused']);
  expect(messages()).toEqual(['wrong type', 'elsewhere', 'unused']);
  expect(messages(new vscode.Range(0, 0, 1, 0))).toEqual([]);
});

test('there are never more than the model can use', () => {
  const all = Array.from({ length: 500 }, (_, line) => diagnostic(line, Fault, 'x'));
  expect(diagnosticsIn(all, undefined)).toHaveLength(20);
});

test('each is one line: where, how bad, from whom, what', () => {
  const code = { value: 2304, target: vscode.Uri.parse('https://localhost/2304') };
  expect(
    describeDiagnostics([
      diagnostic(0, Fault, 'Cannot find name.\nDid you mean …?', { source: 'ts', code }),
      diagnostic(7, Warning, 'Unused.', { code: 'no-unused' }),
      diagnostic(8, Warning, 'Odd.'),
    ]),
  ).toBe(
    'line 1: error (ts 2304): Cannot find name.\n' +
      'line 8: warning (no-unused): Unused.\n' +
      'line 9: warning: Odd.',
  );
});
