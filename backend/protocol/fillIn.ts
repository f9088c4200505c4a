/** What the `{name}`s of a sentence stand for. */
export type Details = Readonly<Record<string, string | number>>;

/** A `{name}` without a detail becomes `(name)`, so that the sentence still reads. */
export function fillIn(sentence: string, details: Details): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? `(${name})`));
}
