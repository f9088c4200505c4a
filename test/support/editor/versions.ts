/** The editor that the tests drive, and that `npm start` opens where there is no desktop. */
import { createHash } from 'node:crypto';

/** Exact, so that a run today and one next year drive the same editor. */
export const editorVersions = {
  /** VS Code 1.139.1 as a web server. Its npm-shrinkwrap.json pins all below it. */
  'code-server': '4.139.1',
  /** code-server 4.139 runs on Node 24 only. This package carries the program and its headers. */
  [`node-linux-${process.arch}`]: '24.21.0',
} as const;

/** Raised when the steps of provision.ts make something else of the same versions. */
const RECIPE = 2;

/** Names the folder of this editor: twelve hexadecimal digits. */
export function editorKey(): string {
  const parts = JSON.stringify([editorVersions, process.platform, process.arch, RECIPE]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 12);
}
