/** Names that come from the network or from archives, made safe before they touch the disk. */

/** Separators, wildcards and streams of some platform; control characters; half characters. */
const FORBIDDEN = /[\\:*?"<>|\p{Cc}\p{Cf}\p{Cs}]/u;
/** Windows opens devices under these names, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/iu;
const MAX_SEGMENT_BYTES = 200;
const MAX_SEGMENTS = 8;

/**
 * True for a relative path with forward slashes that stays inside any folder it is joined to, on
 * every platform: no `..`, no drive, no device, no empty segment.
 */
export function isSafePath(name: string): boolean {
  const segments = name.split('/');
  return segments.length <= MAX_SEGMENTS && segments.every(isSafeSegment);
}

function isSafeSegment(segment: string): boolean {
  return (
    segment !== '' &&
    // Also covers "." and ".."; Windows drops dots and spaces at the end of a name.
    !/[. ]$/u.test(segment) &&
    !segment.startsWith(' ') &&
    !FORBIDDEN.test(segment) &&
    !DEVICE.test(segment) &&
    Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES
  );
}

/**
 * Any text to a model id: 1 to 96 of `a-z 0-9 . _ -`, beginning with a letter or digit, safe as the
 * name of a folder.
 */
export function toModelId(text: string): string {
  const id = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/gu, '-')
    .replace(/^[^a-z0-9]+/u, '')
    .slice(0, 96)
    .replace(/[^a-z0-9]+$/u, '');
  return id === '' || DEVICE.test(id) ? `model-${id}`.replace(/-$/u, '') : id;
}

/** The last segment of a path or URL path, as a file name that is safe, or the fallback. */
export function toFileName(path: string, fallback: string): string {
  const last = path.split(/[/\\]/u).at(-1) ?? '';
  return isSafePath(last) ? last : fallback;
}
