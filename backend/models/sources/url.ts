/** `https://…`: one GGUF file anywhere. */
import type { RemoteFile } from '../pullContext.ts';
import { toFileName } from '../safeName.ts';
import type { UrlSource } from '../source.ts';

const FALLBACK_NAME = 'model.gguf';

/** The size is learnt from the first answer; there is no sha256 to compare with. */
export function resolveUrl({ url }: UrlSource): RemoteFile {
  let path;
  try {
    path = decodeURIComponent(url.pathname);
  } catch {
    path = '';
  }
  const name = toFileName(path, FALLBACK_NAME);
  return { name: /\.gguf$/iu.test(name) ? name : FALLBACK_NAME, url };
}
