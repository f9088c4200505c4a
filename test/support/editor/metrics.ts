/** Reads single values out of Prometheus' text format. */

/**
 * The sum of the samples of a metric that have all the labels, 0 when there are none.
 * @param text Prometheus text format 0.0.4
 */
export function metric(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) =>
      Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)),
    )
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
