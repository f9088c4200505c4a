/** Which files of a hub's repository make a model. The same for every hub. */
import { PilotError } from '../../protocol/errors.ts';
import { isCompanion } from '../companions.ts';
import type { RemoteFile } from '../pullContext.ts';
import { isSafePath, toFileName } from '../safeName.ts';
import { showSource, type HubSource } from '../source.ts';

export interface HubFile {
  /** Path in the repository. */
  readonly path: string;
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
}

/**
 * Small enough for a plain machine and close to the full model first; then the nearest, larger
 * before smaller. Anything else comes last.
 */
const preferred = [
  'Q4_K_M',
  'Q4_K_S',
  'Q5_K_M',
  'Q5_K_S',
  'Q4_1',
  'Q4_0',
  'IQ4_XS',
  'IQ4_NL',
  'Q6_K',
  'Q8_0',
  'Q3_K_L',
  'Q3_K_M',
];

const WEIGHT_INDEX = 'model.safetensors.index.json';

/**
 * The file that was named, else the best GGUF, else all of a safetensors model.
 * @throws PilotError sourceInvalid when the repository has nothing of the kind
 */
export function chooseHubFiles(source: HubSource, files: readonly HubFile[]): HubFile[] {
  const refuse = (reason: string): never => {
    throw new PilotError('sourceInvalid', { source: showSource(source), reason });
  };
  const safe = files.filter((file) => isSafePath(file.path));
  const ggufs = safe.filter((file) => isModelGguf(file.path));
  const whole = ggufs.filter((file) => !isPart(file.path));
  const { file: wanted } = source;
  if (wanted !== undefined) {
    const named =
      ggufs.find((file) => file.path === wanted) ??
      whole.find((file) => quantizationOf(file.path) === wanted.toUpperCase());
    if (!named) return refuse(`the repository has no GGUF file ${wanted}`);
    if (isPart(named.path)) return refuse('that file is one part of several, which must be joined');
    return [named];
  }
  const best = bestGguf(whole);
  if (best) return [best];
  if (ggufs.length > 0) return refuse('its GGUF files come in parts, which must be joined first');
  return safetensorsFiles(safe) ?? refuse('it has neither GGUF nor safetensors files');
}

/** Undefined when there is none. */
export function bestGguf<T extends { path: string }>(files: readonly T[]): T | undefined {
  const rank = ({ path }: T): number => {
    const index = preferred.indexOf(quantizationOf(path) ?? '');
    return index < 0 ? preferred.length : index;
  };
  return [...files].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1))[0];
}

/** Without projectors for images and importance matrices, which are GGUF files as well. */
export function isModelGguf(path: string): boolean {
  return /\.gguf$/iu.test(path) && !/(^|[/._-])(mmproj|imatrix)/iu.test(path);
}

function isPart(path: string): boolean {
  return /-\d{5}-of-\d{5}\.gguf$/iu.test(path);
}

/** As it is written at the end of the file's name. */
function quantizationOf(path: string): string | undefined {
  const match = /[._-]((?:IQ|TQ|Q)\d(?:_\w+)?|BF16|F16|F32|MXFP4(?:_MOE)?)\.gguf$/iu.exec(path);
  return match?.[1]?.toUpperCase();
}

function safetensorsFiles(files: readonly HubFile[]): HubFile[] | undefined {
  const top = files.filter((file) => !file.path.includes('/'));
  const all = top.filter((file) => file.path.endsWith('.safetensors'));
  // Some publishers add the same weights in a layout of their own, such as consolidated.safetensors.
  const standard = all.filter((file) => /^model(-\d{5}-of-\d{5})?\.safetensors$/u.test(file.path));
  const weights = standard.length > 0 ? standard : all;
  if (weights.length === 0) return undefined;
  return [...top.filter((file) => isBesideWeights(file.path)), ...weights];
}

/** What is not a weight of the model folder at `add PATH` and `pull PATH` is left alone as well. */
export function isFolderFile(name: string): boolean {
  return isBesideWeights(name) || name.endsWith('.safetensors');
}

function isBesideWeights(name: string): boolean {
  return isCompanion(name) || name === WEIGHT_INDEX;
}

/** A chosen file as something to download, stored without the repository's folders. */
export function toRemoteFile(
  { path, size, sha256 }: HubFile,
  url: URL,
  headers: Readonly<Record<string, string>>,
): RemoteFile {
  const digest = sha256?.toLowerCase();
  return {
    name: toFileName(path, 'model.gguf'),
    url,
    headers,
    size,
    sha256: digest !== undefined && /^[0-9a-f]{64}$/u.test(digest) ? digest : undefined,
  };
}

/** Path segments for a URL. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
