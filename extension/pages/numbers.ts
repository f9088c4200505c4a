/** Numbers for people, as the pages show them. */

/** Decimal, as disks and the command line count: 6.71 GB, 412 MB, 3.4 kB. */
export function formatSize(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(bytes < 100e9 ? 2 : 0)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
  if (bytes >= 1e3) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${Math.round(bytes)} B`;
}

/** Three digits that count: 1.23, 0.00123, 4.56e-7. Zero is 0. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) return Number(value.toPrecision(3)).toExponential();
  return String(Number(value.toPrecision(3)));
}

/** Similarities are told apart far behind the point: 0.99987. */
export function formatSimilarity(value: number): string {
  return Number.isFinite(value) ? value.toFixed(5) : String(value);
}

/** 850 ms, 4.2 s, 3 min 5 s, 2 h 10 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
