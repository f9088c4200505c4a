import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFrame, type Frame } from '../../../backend/rpc/frame.ts';

const LIMIT = 1000;

function read(text: string): Frame {
  return readFrame(Buffer.from(text), false, LIMIT);
}

/** What the test tables compare: kind, and for a bad frame which error with which id. */
function outline(frame: Frame): string {
  return frame.kind === 'bad' ? `${frame.error.errorName} ${JSON.stringify(frame.id)}` : frame.kind;
}

describe('readFrame', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method":"m"}', 'request'],
    ['{"jsonrpc":"2.0","id":"a","method":"m","params":{"x":1}}', 'request'],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}', 'request'],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":null}', 'request'],
    ['{"jsonrpc":"2.0","id":1,"method":"m","extra":true}', 'request'],
    ['{"jsonrpc":"2.0","method":"m"}', 'notification'],
    ['{"jsonrpc":"2.0","method":"m","params":{}}', 'notification'],
    ['{"jsonrpc":"2.0","id":1,"result":null}', 'ignored'],
    ['{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}', 'ignored'],
    ['{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}', 'notification'],
    ['{"jsonrpc":"2.0","method":"$/cancelRequest"}', 'ignored'],
    ['{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{}}}', 'ignored'],

    ['', 'parseError null'],
    ['{', 'parseError null'],
    ['hello', 'parseError null'],
    ['{"jsonrpc":"2.0","id":1,"method":"m"} x', 'parseError null'],

    ['[]', 'invalidRequest null'],
    ['[{"jsonrpc":"2.0","id":1,"method":"m"}]', 'invalidRequest null'],
    ['null', 'invalidRequest null'],
    ['42', 'invalidRequest null'],
    ['"text"', 'invalidRequest null'],
    ['{}', 'invalidRequest null'],
    ['{"jsonrpc":"2.0"}', 'invalidRequest null'],
    ['{"jsonrpc":"2.0","id":7}', 'invalidRequest 7'],
    ['{"id":7,"method":"m"}', 'invalidRequest 7'],
    ['{"jsonrpc":"1.0","id":7,"method":"m"}', 'invalidRequest 7'],
    ['{"jsonrpc":"2.0","id":7,"method":5}', 'invalidRequest 7'],
    ['{"jsonrpc":"2.0","id":7,"method":""}', 'invalidRequest 7'],
    ['{"jsonrpc":"2.0","id":7,"method":"m","params":5}', 'invalidRequest 7'],
    ['{"jsonrpc":"2.0","id":7,"method":"m","params":"x"}', 'invalidRequest 7'],
    ['{"jsonrpc":"2.0","method":"m","params":5}', 'invalidRequest null'],
    ['{"jsonrpc":"2.0","id":null,"method":"m"}', 'invalidRequest null'],
    ['{"jsonrpc":"2.0","id":1.5,"method":"m"}', 'invalidRequest null'],
    ['{"jsonrpc":"2.0","id":true,"method":"m"}', 'invalidRequest null'],
    ['{"jsonrpc":"2.0","id":{},"method":"m"}', 'invalidRequest null'],
    ['{"jsonrpc":"2.0","id":[1],"method":"m"}', 'invalidRequest null'],
    [`{"jsonrpc":"2.0","id":"${'x'.repeat(300)}","method":"m"}`, 'invalidRequest null'],
  ])('%s is %s', (text, expected) => {
    expect(outline(read(text))).toBe(expected);
  });

  it('refuses binary frames, whatever they hold', () => {
    const data = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"m"}');
    expect(outline(readFrame(data, true, LIMIT))).toBe('unsupportedFrame null');
  });

  it('counts bytes, not characters', () => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'm', params: ['é'.repeat(480)] });
    expect(text.length).toBeLessThan(LIMIT);
    expect(outline(read(text))).toBe('frameTooLarge null');
  });

  it('never quotes the text in an error', () => {
    const frame = read('{"secret": my words}');
    expect(JSON.stringify(frame)).not.toContain('words');
    expect(frame.kind === 'bad' && frame.error.cause).toBeUndefined();
  });

  it('answers or delivers any text without throwing', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
    fc.assert(
      fc.property(text, (any) => {
        expect(['request', 'notification', 'ignored', 'bad']).toContain(read(any).kind);
      }),
    );
  });

  it('delivers every well-formed request as it was', () => {
    const id = fc.oneof(fc.integer(), fc.string({ maxLength: 256 }));
    // `__proto__` is left out by the parser, and by rights: see the next test.
    const key = fc.string().filter((name) => name !== '__proto__');
    const params = fc.oneof(
      fc.array(fc.jsonValue(), { maxLength: 3 }),
      fc.dictionary(key, fc.jsonValue(), { maxKeys: 3 }),
    );
    fc.assert(
      fc.property(id, fc.string({ minLength: 1 }), params, (id, method, params) => {
        const text = JSON.stringify({ jsonrpc: '2.0', id, method, params });
        const frame = readFrame(Buffer.from(text), false, Infinity);
        const message = JSON.parse(text) as unknown;
        expect(frame).toStrictEqual({ kind: 'request', message });
      }),
    );
  });

  it('takes no prototype from a message', () => {
    const frame = read(
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"__proto__":{"admin":true}}}',
    );
    if (frame.kind !== 'request') throw new Error(`It is ${frame.kind}.`);
    expect(frame.message.params).not.toHaveProperty('admin');
  });
});
