import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mendJson, objectsIn } from '../../../backend/chat/modelJson.ts';
import { readCalls, type CallReading } from '../../../backend/chat/toolCallText.ts';
import { listFiles, readFile } from '../../support/toolTemplates.ts';

const tools = [readFile, listFiles];
const reading = (name: string, values: object = {}): CallReading => ({
  kind: 'calls',
  calls: [{ name, arguments: values as Record<string, never> }],
});
const readsA = reading('read_file', { path: 'a.ts' });

describe('readCalls', () => {
  it.each<[string, string, CallReading]>([
    ['Hermes', '\n{"name": "read_file", "arguments": {"path": "a.ts"}}\n', readsA],
    ['Llama', '{"name": "read_file", "parameters": {"path": "a.ts"}}', readsA],
    ['OpenAI', '{"function":{"name":"read_file","arguments":"{\\"path\\":\\"a.ts\\"}"}}', readsA],
    ['a list', '[{"name":"read_file","arguments":{"path":"a.ts"}}]', readsA],
    ['a fence', '```json\n{"name":"read_file","arguments":{"path":"a.ts"}}\n```', readsA],
    ['no arguments', '{"name": "list_files"}', reading('list_files')],
    ['a prefix', '{"name":"functions.read_file","arguments":{"path":"a.ts"}}', readsA],
    ['another case', '{"name":"Read_File","arguments":{"path":"a.ts"}}', readsA],
    [
      'XML, typed by the schema',
      '<function=read_file>\n<parameter=path>\n12\n</parameter>\n<parameter=line>\n7\n</parameter>\n</function>',
      reading('read_file', { path: '12', line: 7 }),
    ],
    [
      'XML with lines of text',
      '<function=read_file>\n<parameter=path>\na\n\nb\n</parameter>\n</function>',
      reading('read_file', { path: 'a\n\nb' }),
    ],
  ])('reads %s', (_, text, expected) => {
    expect(readCalls(text, tools, true)).toEqual(expected);
  });

  it('reads several, side by side', () => {
    const text =
      '{"name":"list_files"}\n</tool_call>\n<tool_call>\n{"name":"read_file","arguments":{"path":"}{"}}';
    expect(readCalls(text, tools, true)).toEqual({
      kind: 'calls',
      calls: [
        { name: 'list_files', arguments: {} },
        { name: 'read_file', arguments: { path: '}{' } },
      ],
    });
  });

  it.each([
    ['a bracket too few', '{"name":"read_file","arguments":{"path":"a.ts"}'],
    ['a bracket too many', '{"name":"read_file","arguments":{"path":"a.ts"}}}'],
    ['a comma too many', '{"name":"read_file","arguments":{"path":"a.ts",},}'],
  ])('mends %s, but not when the answer was cut off', (_, text) => {
    expect(readCalls(text, tools, true)).toEqual(readsA);
    expect(readCalls(text, tools, false)).toEqual({ kind: 'notACall' });
  });

  it('mends line ends inside strings', () => {
    expect(readCalls('{"name":"read_file","arguments":{"path":"a\nb\tc"}}', tools, true)).toEqual(
      reading('read_file', { path: 'a\nb\tc' }),
    );
  });

  it.each([
    ['words', 'I would read the file.'],
    ['nothing', ''],
    ['a string that is not closed', '{"name":"read_file","arguments":{"path":"a.t'],
    ['arguments that are no object', '{"name":"read_file","arguments":[1]}'],
    ['words around JSON', 'So: {"name":"list_files"}'],
    ['brackets that do not match', '{"name":"list_files"]'],
    ['XML that was cut off', '<function=read_file>\n<parameter=path>\na'],
    ['a name that is no text', '{"name": 3}'],
  ])('makes no call of %s', (_, text) => {
    expect(readCalls(text, tools, true)).toEqual({ kind: 'notACall' });
  });

  it.each(['delete_everything', 'read', ''])('does not know %j', (name) => {
    expect(readCalls(JSON.stringify({ name, arguments: {} }), tools, true)).toEqual({
      kind: 'unknownTool',
      name,
    });
  });

  it('does not choose between two that are alike', () => {
    const alike = [readFile, { ...readFile, name: 'READ_FILE' }];
    expect(readCalls('{"name":"Read_File"}', alike, true).kind).toBe('unknownTool');
  });

  it('keeps every JSON value as it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        // `__proto__` is left out by the parser, and by rights: see the test below.
        fc.pre(!JSON.stringify(values).includes('"__proto__"'));
        const text = JSON.stringify({ name: 'list_files', arguments: values }, undefined, 1);
        expect(readCalls(text, tools, false)).toEqual(
          reading('list_files', JSON.parse(JSON.stringify(values)) as object),
        );
      }),
    );
  });

  it('lets no call reach for the prototype of its arguments', () => {
    const text = '{"name": "list_files", "arguments": {"__proto__": {"admin": true}, "path": "a"}}';
    expect(readCalls(text, tools, false)).toEqual(reading('list_files', { path: 'a' }));
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('never throws', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'name', '\n', '<', '>');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), fc.boolean(), (parts, isWhole) => {
        expect(() => readCalls(parts.join(''), tools, isWhole)).not.toThrow();
      }),
    );
  });
});

describe('mendJson', () => {
  it('leaves JSON that needs no mending', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value, undefined, 2);
        expect(mendJson(text)).toBe(text);
      }),
    );
  });
});

describe('objectsIn', () => {
  it('finds every object, whatever is in it', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(object), fc.constantFrom('', '\n', ' ; ', ',\n'), (values, between) => {
        const texts = values.map((value) => JSON.stringify(value));
        expect(objectsIn(texts.join(between))).toEqual(texts);
      }),
    );
  });
});
