/** `ms:org/repo[:file]`: ModelScope, or a mirror of its API named by MODELSCOPE_ENDPOINT. */
import * as z from 'zod';
import type { RemoteFile } from '../pullContext.ts';
import type { HubSource } from '../source.ts';
import { endpoint, type HubContext } from './hub.ts';
import { chooseHubFiles, toRemoteFile } from './hubFiles.ts';

/** The branch that ModelScope's own client takes when none is named. */
const REVISION = 'master';

/** `GET /api/v1/models/{repo}/repo/files`. */
const FileList = z.object({
  Data: z.object({
    Files: z.array(
      z.object({
        Path: z.string(),
        Type: z.string(),
        Size: z.number().int().min(0).nullish(),
        Sha256: z.string().nullish(),
      }),
    ),
  }),
});

/** @throws FetchError; PilotError sourceInvalid, configInvalid */
export async function resolveModelScope(
  source: HubSource,
  { http, env, signal }: HubContext,
): Promise<RemoteFile[]> {
  const base = endpoint('MODELSCOPE_ENDPOINT', 'https://modelscope.cn', env);
  const api = `${base}/api/v1/models/${source.repo}/repo`;
  const url = new URL(`${api}/files?Revision=${REVISION}&Recursive=true`);
  const { Data } = await http.getJson(url, FileList, { signal });
  const files = Data.Files.filter((file) => file.Type === 'blob').map((file) => ({
    path: file.Path,
    size: file.Size ?? undefined,
    sha256: file.Sha256 ?? undefined,
  }));
  return chooseHubFiles(source, files).map((file) => {
    const query = new URLSearchParams({ Revision: REVISION, FilePath: file.path });
    return toRemoteFile(file, new URL(`${api}?${query.toString()}`), {});
  });
}
