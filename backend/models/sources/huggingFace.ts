/** `hf:org/repo[:file]`: Hugging Face, or a mirror of its API named by HF_ENDPOINT. */
import * as z from 'zod';
import type { RemoteFile } from '../pullContext.ts';
import type { HubSource } from '../source.ts';
import { endpoint, type HubContext } from './hub.ts';
import { chooseHubFiles, encodePath, toRemoteFile } from './hubFiles.ts';

/** `GET /api/models/{repo}?blobs=true`. Files outside LFS have no sha256. */
const Repository = z.object({
  /** The commit that the file list belongs to. */
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().int().min(0).nullish(),
      lfs: z.object({ sha256: z.string(), size: z.number().int() }).nullish(),
    }),
  ),
});

/**
 * The files to download, pinned to one commit. HF_TOKEN or HUGGING_FACE_HUB_TOKEN is sent when set.
 * @throws FetchError; PilotError sourceInvalid, configInvalid
 */
export async function resolveHuggingFace(
  source: HubSource,
  { http, env, signal }: HubContext,
): Promise<RemoteFile[]> {
  const base = endpoint('HF_ENDPOINT', 'https://huggingface.co', env);
  const token = env['HF_TOKEN'] ?? env['HUGGING_FACE_HUB_TOKEN'] ?? '';
  const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  const url = new URL(`${base}/api/models/${source.repo}?blobs=true`);
  const { sha, siblings } = await http.getJson(url, Repository, { signal, headers });
  const files = siblings.map(({ rfilename, size, lfs }) => ({
    path: rfilename,
    size: lfs?.size ?? size ?? undefined,
    sha256: lfs?.sha256,
  }));
  return chooseHubFiles(source, files).map((file) => {
    const at = new URL(`${base}/${source.repo}/resolve/${sha}/${encodePath(file.path)}`);
    return toRemoteFile(file, at, headers);
  });
}
