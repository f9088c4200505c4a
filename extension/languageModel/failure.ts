/** Errors in the form that callers of a language model expect. */
import * as vscode from 'vscode';
import { problemOf, sentenceOf } from '../problems.ts';

/** A CancellationError for a cancel, a LanguageModelError with sentence and remedy for the rest. */
export function languageModelError(error: unknown): Error {
  const problem = problemOf(error);
  if (problem.name === 'cancelled') return new vscode.CancellationError();
  const message = sentenceOf(problem);
  const failure = ofKind(problem.name, message);
  // Its constructor takes the cause in no place that the typings name.
  failure.cause = error;
  return failure;
}

function ofKind(
  name: ReturnType<typeof problemOf>['name'],
  message: string,
): vscode.LanguageModelError {
  switch (name) {
    case 'modelNotFound':
    case 'modelNotLoaded':
      return vscode.LanguageModelError.NotFound(message);
    case 'unauthorized':
    case 'forbidden':
      return vscode.LanguageModelError.NoPermissions(message);
    case 'overloaded':
    case 'rateLimited':
      return vscode.LanguageModelError.Blocked(message);
    default:
      return new vscode.LanguageModelError(message);
  }
}
