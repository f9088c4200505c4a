/** Which names a text uses, and how alike two texts are by them. */

/** Letters of any script; one and two of them say little. */
const IDENTIFIER = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu;

/** Words of many languages, which make all code look alike. */
const COMMON = new Set(
  (
    'and any async await boolean break case catch char class const continue def default delete ' +
    'double elif else enum export extends false final finally float for from func function goto ' +
    'if implements import include int interface let long match module mut namespace new nil None ' +
    'not null number package pass private protected public pub raise readonly return self short ' +
    'signed sizeof static string struct super switch template this throw throws trait true True ' +
    'False try type typedef typeof undefined union unsigned use using var virtual void while with yield'
  ).split(' '),
);

export function identifiersOf(text: string): Set<string> {
  const found = Array.from(text.matchAll(IDENTIFIER), ([name]) => name);
  return new Set(found.filter((name) => !COMMON.has(name)));
}

/** Jaccard index: shared names over all names, 0 to 1; 0 for empty sets. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const name of small) if (large.has(name)) shared++;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}
