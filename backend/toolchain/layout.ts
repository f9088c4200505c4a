/** Where the toolchain keeps what, below the home folder. */
import path from 'node:path';

export interface ToolchainLayout {
  readonly root: string;
  /** The Python environment; replaced as a whole when it is beyond repair. */
  readonly env: string;
  readonly python: string;
  readonly sitePackages: string;
  /** First on the search path of every step: the stand-in for GNU parallel. */
  readonly bin: string;
  /** Parts of nets that the compiler builds as it goes, for it to find again. */
  readonly kernels: string;
  /** What has been chosen and reached, see state.ts. */
  readonly state: string;
  /** Held while something here is changed, beside the folder, which may be removed. */
  readonly lock: string;
  /** All that the last installation printed. */
  readonly log: string;
  /** For packages on their way; emptied by each installation. */
  readonly scratch: string;
  /** A uv and the Pythons it brought, where there was none. */
  readonly uv: string;
  readonly pythons: string;
}

export function toolchainLayout(home: string): ToolchainLayout {
  const root = path.join(home, 'toolchain');
  return {
    root,
    env: path.join(root, 'env'),
    python: path.join(root, 'env', 'bin', 'python'),
    sitePackages: path.join(root, 'env', 'lib', 'python3.10', 'site-packages'),
    bin: path.join(root, 'bin'),
    kernels: path.join(root, 'kernels'),
    state: path.join(root, 'state.json'),
    lock: root,
    log: path.join(root, 'install.log'),
    scratch: path.join(root, 'scratch'),
    uv: path.join(root, 'uv'),
    pythons: path.join(root, 'python'),
  };
}
