/** Texts from elsewhere: which, in which form, and for how long the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitRelated, pinRelated, type RelatedPin } from '../../../backend/completion/relatedPin.ts';
import { relatedPieces } from '../../../backend/completion/relatedPrompt.ts';
import type { RelatedText } from '../../../backend/protocol/documents.ts';
import { CompletionBench } from '../../support/completionBench.ts';
import { fakeModel, fillIn } from '../../support/fakeEngine.ts';

const text = (name: string, kind: RelatedText['kind'] = 'file', body = name): RelatedText => ({
  kind,
  name,
  text: body,
});
const namesOf = (pin: RelatedPin | undefined): string[] | undefined =>
  pin?.texts.map(({ name }) => name);

describe('pinRelated', () => {
  it('puts what changes least first', () => {
    const offered = [text('e', 'edit'), text('d', 'declaration'), text('f'), text('i', 'import')];
    expect(namesOf(pinRelated(undefined, offered, { line: 0, now: 0 }))).toEqual([
      'i',
      'f',
      'd',
      'e',
    ]);
  });

  const first = pinRelated(undefined, [text('a')], { line: 3, now: 0 });

  it.each<[string, { line: number; now: number }, RelatedText[] | undefined, string[]]>([
    ['keeps them from key to key', { line: 3, now: 200 }, [text('b')], ['a']],
    ['keeps them in another line', { line: 4, now: 200 }, [text('b')], ['a']],
    ['keeps them when nothing is offered', { line: 9, now: 9e9 }, undefined, ['a']],
    ['takes others after a pause', { line: 3, now: 3000 }, [text('b')], ['b']],
    ['drops them when there are none after a pause', { line: 3, now: 3000 }, [], []],
    ['leaves out what is blank', { line: 3, now: 3000 }, [text('b', 'file', ' \n')], []],
  ])('%s', (_, at, offered, names) => {
    expect(namesOf(pinRelated(first, offered, at))).toEqual(names);
  });

  it('takes others in another line once they are old, however busy the typist', () => {
    let pin = first;
    for (let now = 0; now <= 29_900; now += 100) {
      pin = pinRelated(pin, [text('b')], { line: 4, now });
      expect(namesOf(pin)).toEqual(['a']);
    }
    expect(namesOf(pinRelated(pin, [text('b')], { line: 3, now: 30_000 }))).toEqual(['a']);
    expect(namesOf(pinRelated(pin, [text('b')], { line: 4, now: 30_000 }))).toEqual(['b']);
  });

  it('keeps the old order of what is still there, and the very list when it is the same', () => {
    const pin = pinRelated(undefined, [text('a'), text('b')], { line: 0, now: 0 });
    const shuffled = pinRelated(pin, [text('c'), text('b'), text('a')], { line: 0, now: 5000 });
    expect(namesOf(shuffled)).toEqual(['a', 'b', 'c']);
    const same = pinRelated(pin, [text('b'), text('a')], { line: 0, now: 5000 });
    expect(same?.texts).toBe(pin?.texts);
  });
});

describe('fitRelated', () => {
  it('prefers what helps most, and keeps the order', () => {
    const texts = [text('import', 'import'), text('file'), text('declaration', 'declaration')];
    expect(fitRelated(texts, 2, () => 1).map(({ name }) => name)).toEqual([
      'import',
      'declaration',
    ]);
  });

  it('never takes more than there is room for', () => {
    const kind = fc.constantFrom<RelatedText['kind']>('declaration', 'import', 'file', 'edit');
    fc.assert(
      fc.property(
        fc.array(fc.record({ kind, cost: fc.nat(50) }), { maxLength: 16 }),
        fc.nat(120),
        (texts, budget) => {
          const chosen = fitRelated(texts, budget, ({ cost }) => cost);
          expect(chosen.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(budget);
          expect(texts.filter((one) => chosen.includes(one))).toEqual(chosen);
        },
      ),
    );
  });
});

describe('relatedPieces', () => {
  const place = (language: string, uri = 'file:///a') => ({ uri, language });

  it.each([
    ['python', ['# Path: b\n# x\n# y\n\n']],
    ['typescript', ['// Path: b\n// x\n// y\n\n']],
    ['css', ['/*\nPath: b\nx\ny\n*/\n\n']],
    ['lua', ['-- Path: b\n-- x\n-- y\n\n']],
    ['json', undefined],
    ['plaintext', undefined],
  ])('is a comment in %s', (language, pieces) => {
    expect(relatedPieces(text('b', 'file', 'x\r\ny\n'), place(language), undefined)).toEqual(
      pieces,
    );
  });

  it('is left out where it would end the comment', () => {
    expect(relatedPieces(text('b', 'file', '*/ x'), place('css'), undefined)).toBeUndefined();
  });

  it('is code when it is an earlier cell of the same notebook', () => {
    const cell = place('python', 'vscode-notebook-cell:/folder/My%20notes.ipynb#W2s');
    expect(relatedPieces(text('My notes.ipynb, cell 1', 'file', 'x = 1'), cell, undefined)).toEqual(
      ['x = 1\n\n'],
    );
    expect(relatedPieces(text('other.py', 'file', 'x = 1'), cell, undefined)).toEqual([
      '# Path: other.py\n# x = 1\n\n',
    ]);
  });

  it('is a file for a model that knows them', () => {
    const tokens = { ...fillIn, file: 70_014 };
    expect(relatedPieces(text('b.py', 'file', 'x'), place('python'), tokens)).toEqual([
      70_014,
      'b.py\nx\n',
    ]);
  });
});

describe('related texts in a prompt', () => {
  const related = [text('b.py', 'file', 'def g(): pass')];

  it('are comments before the text, or files before a fill-in prompt', async () => {
    const bench = new CompletionBench();
    void bench.ask('x =‸', { related });
    expect((await bench.engine.nextCall()).prompt).toBe('# Path: b.py\n# def g(): pass\n\nx =');

    const files = { ...fillIn, repository: 70_013, file: 70_014 };
    const repository = new CompletionBench(fakeModel({ fillIn: files }));
    void repository.ask('x = ‸', { related, uri: 'file:///folder/a.py' });
    expect((await repository.engine.nextCall()).prompt).toBe(
      '[70013]workspace\n[70014]b.py\ndef g(): pass\n[70014]a.py\n[70011][70010]x = [70012]',
    );
  });

  it('stay the same while they change between keys', async () => {
    const bench = new CompletionBench();
    const other = [text('c.py', 'file', 'other')];
    await bench.answer('x =‸', ' 1', { related });
    bench.clock.advance(500);
    await bench.answer('x = a +‸', ' 1', { related: other });
    bench.clock.advance(5000);
    await bench.answer('x = a + b +‸', ' 1', { related: other });
    const [first = '', second, third] = bench.engine.calls.map(({ prompt }) => prompt);
    expect(second).toBe(`${first} a +`);
    expect(third).toContain('c.py');
  });

  it('stay the same while the device is slow', async () => {
    const bench = new CompletionBench();
    const answer = bench.ask('x =‸', { related });
    const call = await bench.engine.nextCall();
    bench.clock.advance(60_000);
    call.write(' 1').finish();
    await answer;
    void bench.ask('x = a +‸', { related: [text('c.py', 'file', 'other')] });
    expect((await bench.engine.nextCall()).prompt).toContain('b.py');
  });

  it('take no more than their share, and none that does not fit', async () => {
    const bench = new CompletionBench();
    const large = text('large.py', 'declaration', 'x'.repeat(30_000));
    void bench.ask(`${'y = 1\n'.repeat(1000)}x =‸`, { related: [large, ...related] });
    const { prompt, request } = await bench.engine.nextCall();
    expect(prompt).not.toContain('xxx');
    expect(prompt).toContain('b.py');
    expect(request.prompt.length).toBeLessThanOrEqual(1024);
  });

  it('are those of one connection', async () => {
    const bench = new CompletionBench();
    void bench.ask('x =‸', { related });
    await bench.engine.nextCall();
    void bench.ask('x =‸', { owner: 'two' });
    expect((await bench.engine.nextCall()).prompt).toBe('x =');
  });
});
