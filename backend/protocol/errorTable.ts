/**
 * Every error that can cross the websocket or leave the command line: a name for programs, a
 * number for JSON-RPC, a sentence for people and a remedy. PROTOCOL.md is generated from this
 * table, and a test fails when the two differ.
 */
import { compilerErrors } from './errorRows/compiler.ts';
import { connectionErrors } from './errorRows/connection.ts';
import { devicesErrors } from './errorRows/devices.ts';
import { modelsErrors } from './errorRows/models.ts';
import { servingErrors } from './errorRows/serving.ts';
import type { ErrorRow } from './errorRows/errorRow.ts';

const table = {
  ...connectionErrors,
  ...servingErrors,
  ...modelsErrors,
  ...devicesErrors,
  ...compilerErrors,
};

/** The name of an error, stable across versions. */
export type ErrorName = keyof typeof table;

/** The whole table, for the documentation and its test. */
export const errorTable: Readonly<Record<ErrorName, ErrorRow>> = table;
