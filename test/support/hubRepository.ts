/** Repositories on the fake hub, in the words of the real hubs' APIs. */
import { sha256, type HubServer } from './hubServer.ts';

export type RepositoryFiles = Readonly<Record<string, Buffer>>;

/** As Hugging Face tells it, with every file in LFS unless `plain`. */
export function hostHuggingFace(
  hub: HubServer,
  repo: string,
  files: RepositoryFiles,
  { plain = false } = {},
): void {
  const commit = 'c'.repeat(40);
  hub.host(`/api/models/${repo}?blobs=true`, {
    id: repo,
    sha: commit,
    siblings: Object.entries(files).map(([name, body]) => ({
      rfilename: name,
      size: body.length,
      ...(plain ? {} : { lfs: { sha256: sha256(body), size: body.length, pointerSize: 130 } }),
    })),
  });
  for (const [name, body] of Object.entries(files)) {
    hub.host(`/${repo}/resolve/${commit}/${name}`, body);
  }
}

export function hostModelScope(hub: HubServer, repo: string, files: RepositoryFiles): void {
  const api = `/api/v1/models/${repo}/repo`;
  const blobs = Object.entries(files).map(([name, body]) => ({
    Name: name,
    Path: name,
    Type: 'blob',
    Size: body.length,
    Sha256: sha256(body),
    IsLFS: true,
  }));
  const folder = { Name: 'dir', Path: 'dir', Type: 'tree', Size: 0, Sha256: '', IsLFS: false };
  hub.host(`${api}/files?Revision=master&Recursive=true`, {
    Code: 200,
    Success: true,
    Data: { Files: [folder, ...blobs] },
  });
  for (const [name, body] of Object.entries(files)) {
    // Encoded as ModelScope's own client does: a space is a plus.
    const query = new URLSearchParams({ Revision: 'master', FilePath: name });
    hub.host(`${api}?${query.toString()}`, body);
  }
}
