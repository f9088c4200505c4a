/** What is known of one thing, a line each. */

/** What is not known has no value, and no line. */
export type Fact = readonly [label: string, value: string | undefined];

/** @param width of the labels with their colons, padded */
export function factLines(facts: readonly Fact[], width: number): string[] {
  return facts
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([label, value]) => `${`${label}:`.padEnd(width)}${value ?? ''}`);
}
