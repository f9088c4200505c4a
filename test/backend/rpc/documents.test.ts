import { describe, expect, it } from 'vitest';
import { Documents } from '../../../backend/rpc/documents.ts';

const limits = { documents: 2, documentUnits: 10 };

function open(documents: Documents, uri: string, text: string): boolean {
  return documents.open({ textDocument: { uri, languageId: 'x', version: 1, text } });
}

function change(
  documents: Documents,
  uri: string,
  text: string,
  range?: [number, number],
): boolean {
  const contentChanges = range
    ? [
        {
          text,
          range: { start: { line: 0, character: range[0] }, end: { line: 0, character: range[1] } },
        },
      ]
    : [{ text }];
  return documents.change({ textDocument: { uri, version: 2 }, contentChanges });
}

describe('Documents', () => {
  it('applies changes of a part and of the whole', () => {
    const documents = new Documents(limits);
    open(documents, 'a', 'cat');
    expect(change(documents, 'a', 'o', [1, 2])).toBe(true);
    expect(documents.get('a').getText()).toBe('cot');
    expect(change(documents, 'a', 'new')).toBe(true);
    expect(documents.get('a')).toMatchObject({ version: 2, languageId: 'x' });
    expect(documents.get('a').getText()).toBe('new');
  });

  it('counts columns in UTF-16 units, and takes a range beyond the end as the end', () => {
    const documents = new Documents(limits);
    open(documents, 'a', '😀b');
    change(documents, 'a', 'c', [2, 99]);
    expect(documents.get('a').getText()).toBe('😀c');
  });

  it('takes a second open as the truth', () => {
    const documents = new Documents(limits);
    open(documents, 'a', 'one');
    expect(open(documents, 'a', 'two')).toBe(true);
    expect(documents.get('a').getText()).toBe('two');
  });

  it('does not invent documents', () => {
    const documents = new Documents(limits);
    expect(change(documents, 'a', 'text')).toBe(false);
    expect(() => documents.get('a')).toThrow(/not open/);
    documents.close('a');
  });

  it('drops a document that makes it too much, and no other', () => {
    const documents = new Documents(limits);
    expect(open(documents, 'a', '12345')).toBe(true);
    expect(open(documents, 'b', '123456')).toBe(false);
    expect(() => documents.get('b')).toThrow(/not open/);
    expect(open(documents, 'b', '12345')).toBe(true);
    expect(open(documents, 'c', '')).toBe(false);
    expect(change(documents, 'b', '6', [5, 5])).toBe(false);
    expect(() => documents.get('b')).toThrow(/not open/);
    expect(documents.get('a').getText()).toBe('12345');
    expect(open(documents, 'c', '')).toBe(true);
  });
});
