/** Where models come from, as people write it. */
import { createHash } from 'node:crypto';
import { PilotError } from '../protocol/errors.ts';
import { isAllowedUrl } from './http.ts';
import { isSafePath } from './safeName.ts';

/** `file` names one file of the repository by path, or one GGUF by its quantization, e.g. Q4_K_M. */
export interface HubSource {
  readonly kind: 'hf' | 'ms';
  /** `organization/name`. */
  readonly repo: string;
  readonly file?: string;
}

export interface UrlSource {
  readonly kind: 'url';
  readonly url: URL;
}

export interface PipSource {
  readonly kind: 'pip';
  readonly package: string;
  readonly version?: string;
}

export interface PathSource {
  readonly kind: 'path';
  readonly path: string;
}

export type ModelSource = HubSource | UrlSource | PipSource | PathSource;

/** Python's package names (PEP 508) and public versions (PEP 440), which begin with no dash. */
const PACKAGE = /^[A-Za-z0-9]([\w.-]{0,126}[A-Za-z0-9])?$/u;
const VERSION = /^[A-Za-z0-9][\w.!+-]{0,63}$/u;
const REPO_PART = /^(?!.*\.\.)[A-Za-z0-9][\w.-]{0,95}$/u;

/** @throws PilotError sourceInvalid */
export function parseSource(text: string): ModelSource {
  const refuse = (reason: string): never => {
    throw new PilotError('sourceInvalid', { source: redact(text), reason });
  };
  if (text.includes('\0')) refuse('it has a NUL character');
  // Two letters at least: `C:` is a drive.
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/u.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    return text === '' ? refuse('it is empty') : { kind: 'path', path: text };
  }
  const rest = text.slice(scheme.length + 1);
  switch (scheme) {
    case 'hf':
    case 'ms':
      return parseHub(scheme, rest, refuse);
    case 'http':
    case 'https':
      return parseUrl(text, refuse);
    case 'pip':
      return parsePip(rest, refuse);
    default:
      return refuse(`"${scheme}:" is not known`);
  }
}

type Refuse = (reason: string) => never;

function parseHub(kind: 'hf' | 'ms', rest: string, refuse: Refuse): HubSource {
  const colon = rest.indexOf(':');
  const repo = colon < 0 ? rest : rest.slice(0, colon);
  const parts = repo.split('/');
  if (parts.length !== 2 || !parts.every((part) => REPO_PART.test(part))) {
    refuse(`write ${kind}:organization/name`);
  }
  if (colon < 0) return { kind, repo };
  const file = rest.slice(colon + 1);
  return isSafePath(file) ? { kind, repo, file } : refuse('the file name is not a relative path');
}

function parseUrl(text: string, refuse: Refuse): UrlSource {
  if (!URL.canParse(text)) refuse('it is not a valid URL');
  const url = new URL(text);
  if (!isAllowedUrl(url)) refuse('only https is allowed, and http to this machine');
  if (url.username !== '' || url.password !== '') refuse('passwords in URLs are not supported');
  return { kind: 'url', url };
}

function parsePip(rest: string, refuse: Refuse): PipSource {
  const [name = '', version, ...more] = rest.split('==');
  if (!PACKAGE.test(name) || more.length > 0) refuse('write pip:package or pip:package==version');
  if (version === undefined) return { kind: 'pip', package: name };
  return VERSION.test(version)
    ? { kind: 'pip', package: name, version }
    : refuse('the version is not one');
}

/** The full source as text; parsing it gives the same source. May hold a secret in a URL's query. */
function toText(source: ModelSource): string {
  switch (source.kind) {
    case 'hf':
    case 'ms':
      return `${source.kind}:${source.repo}${source.file === undefined ? '' : `:${source.file}`}`;
    case 'url':
      return source.url.href;
    case 'pip':
      return `pip:${source.package}${source.version === undefined ? '' : `==${source.version}`}`;
    case 'path':
      return source.path;
  }
}

/** For manifests, messages and logs: without a URL's query and fragment, where signatures are. */
export function showSource(source: ModelSource): string {
  return source.kind === 'url' ? redact(source.url.href) : toText(source);
}

/** Equal for equal sources. `use` tells copying a path from referring to it. */
export function sourceDigest(source: ModelSource, use: 'pull' | 'add' = 'pull'): string {
  return createHash('sha256')
    .update(`${use} ${toText(source)}`)
    .digest('hex');
}

function redact(text: string): string {
  return text
    .slice(0, 256)
    .replace(/^(https?:\/\/)[^/@]*@/iu, '$1')
    .replace(/^(https?:[^?#]*)[?#].*$/isu, '$1');
}
