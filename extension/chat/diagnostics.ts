/** Errors and warnings of the language extensions, for `/fix`. */
import * as vscode from 'vscode';

/** The worst ones; more would crowd out the code. */
const MOST = 20;

function severityName(severity: vscode.DiagnosticSeverity): string {
  switch (severity) {
    case vscode.DiagnosticSeverity.Error:
      return 'error';
    case vscode.DiagnosticSeverity.Warning:
      return 'warning';
    case vscode.DiagnosticSeverity.Information:
      return 'information';
    case vscode.DiagnosticSeverity.Hint:
      return 'hint';
    default:
      return severity satisfies never;
  }
}

/** The part of a diagnostic that the model is told. */
export type Reported = Pick<
  vscode.Diagnostic,
  'range' | 'severity' | 'message' | 'source' | 'code'
>;

function touches({ range }: Reported, { start, end }: vscode.Range): boolean {
  return range.start.line <= end.line && start.line <= range.end.line;
}

/** Those of these lines, worst first; hints are not among them: they are no faults. */
export function diagnosticsIn(
  diagnostics: readonly Reported[],
  range: vscode.Range | undefined,
): Reported[] {
  return diagnostics
    .filter((one) => one.severity !== vscode.DiagnosticSeverity.Hint)
    .filter((one) => range === undefined || touches(one, range))
    .sort((a, b) => a.severity - b.severity || a.range.start.line - b.range.start.line)
    .slice(0, MOST);
}

/** One line each, for the model: where, how bad, from whom, and what. */
export function describeDiagnostics(diagnostics: readonly Reported[]): string {
  return diagnostics
    .map(({ range, severity, source, code, message }) => {
      const id = typeof code === 'object' ? code.value : code;
      const origin = [source, id].filter((part) => part !== undefined && part !== '').join(' ');
      const from = origin === '' ? '' : ` (${origin})`;
      const [first = ''] = message.split('\n');
      return `line ${range.start.line + 1}: ${severityName(severity)}${from}: ${first}`;
    })
    .join('\n');
}
