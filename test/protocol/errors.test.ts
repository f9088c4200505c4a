import { describe, expect, it } from 'vitest';
import { compilerErrors } from '../../backend/protocol/errorRows/compiler.ts';
import { connectionErrors } from '../../backend/protocol/errorRows/connection.ts';
import { devicesErrors } from '../../backend/protocol/errorRows/devices.ts';
import { modelsErrors } from '../../backend/protocol/errorRows/models.ts';
import { servingErrors } from '../../backend/protocol/errorRows/serving.ts';
import { errorTable, type ErrorName } from '../../backend/protocol/errorTable.ts';
import { ErrorData, PilotError } from '../../backend/protocol/errors.ts';

const rows = Object.entries(errorTable) as [ErrorName, (typeof errorTable)[ErrorName]][];

describe('the error table', () => {
  it('gives every error a number of its own', () => {
    expect(new Set(rows.map(([, { code }]) => code)).size).toBe(rows.length);
  });

  it('has each name in one of its parts alone', () => {
    const parts = [connectionErrors, servingErrors, modelsErrors, devicesErrors, compilerErrors];
    const names = parts.flatMap((part) => Object.keys(part));
    expect(names.toSorted()).toEqual(Object.keys(errorTable).sort());
  });

  it('keeps out of the range JSON-RPC reserves, but for its own', () => {
    const own = [-32700, -32600, -32601, -32602, -32603, -32002, -32800];
    for (const [, { code }] of rows) expect(own.includes(code) || code > 0).toBe(true);
  });

  it.each(rows)('%s has a sentence and a remedy', (_, { sentence, remedy }) => {
    expect(sentence).toMatch(/^["A-Z{].*(\.|\})$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  });
});

describe('PilotError', () => {
  it('fills its details into the sentence', () => {
    const error = new PilotError('promptTooLong', { tokens: 9, limit: 8 });
    expect(error.message).toBe('The prompt needs 9 tokens; the model has room for 8.');
    expect(ErrorData.parse(error.data)).toStrictEqual({
      name: 'promptTooLong',
      remedy: errorTable.promptTooLong.remedy,
    });
  });

  it('takes details as they are, also when they look like patterns', () => {
    const error = new PilotError('modelNotFound', { model: '{model} $& $1' });
    expect(error.message).toBe('There is no model named {model} $& $1.');
  });

  it('says when to try again', () => {
    const error = new PilotError('overloaded', { waiting: 3 }, { retryAfterMs: 500 });
    expect(error.data.retryAfterMs).toBe(500);
  });
});
