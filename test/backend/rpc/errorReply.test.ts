import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { requestSchemas } from '../../../backend/protocol/methods.ts';
import { toResponseError } from '../../../backend/rpc/errorReply.ts';

/** The reply, and what was handed on to be logged. */
function mapped(error: unknown) {
  const logged: unknown[] = [];
  const { code, message, data } = toResponseError(error, 'm', (one) => logged.push(one));
  return { code, message, data, logged };
}

function zodError(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    return error;
  }
}

describe('toResponseError', () => {
  it('passes on what is meant to be read', () => {
    const error = new PilotError('overloaded', { waiting: 9 }, { retryAfterMs: 10 });
    expect(mapped(error)).toMatchObject({
      code: error.code,
      message: error.message,
      data: { name: 'overloaded', retryAfterMs: 10 },
      logged: [],
    });
  });

  it('names the parameter that is wrong, not its value', () => {
    const params = { messages: [{ role: 'user', content: 5 }], model: 'secret'.repeat(1000) };
    const { message, data } = mapped(
      zodError(() => requestSchemas('chat/complete').params.parse(params)),
    );
    expect(data?.name).toBe('invalidParams');
    expect(message).toMatch(
      /parameters of m are not valid: model: .*512 characters \(and 1 more\)/,
    );
    expect(message).not.toContain('secret');
  });

  it('keeps short what a schema may say at length', () => {
    const wide = z.strictObject({});
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`key${n}`, n]));
    expect(mapped(zodError(() => wide.parse(many))).message.length).toBeLessThan(600);
  });

  it('calls an abort a cancellation', () => {
    const reason: unknown = AbortSignal.abort().reason;
    expect(mapped(reason)).toMatchObject({ code: -32800, logged: [] });
  });

  it.each([[new Error('inner')], [new TypeError('inner')], ['inner'], [undefined], [{ inner: 1 }]])(
    'hides and logs anything else: %s',
    (error) => {
      const { code, message, data, logged } = mapped(error);
      expect(code).toBe(-32603);
      expect(JSON.stringify([message, data])).not.toContain('inner');
      expect(logged).toStrictEqual([error]);
    },
  );
});
