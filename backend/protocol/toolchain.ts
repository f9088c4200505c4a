/** `toolchain/*`: the vendor's compiler, in a Python environment of its own. */
import * as z from 'zod';

const PackageStatus = z.object({
  name: z.string(),
  /** The version that the lock file names. */
  wanted: z.string(),
  /** Absent when it is not there. */
  installed: z.string().optional(),
  /** Absent when it is as it should be. */
  problem: z.string().optional(),
});
export type PackageStatus = z.infer<typeof PackageStatus>;

export const ToolchainStatus = z.object({
  /** `ready` only when everything has been imported and run since it was installed. */
  state: z.enum(['missing', 'incomplete', 'ready']),
  folder: z.string(),
  /** The image whose containers run it; absent when it runs on this machine. */
  docker: z.string().optional(),
  /** The index that torch comes from, when it is not the usual one. Without a login. */
  torchIndex: z.string().optional(),
  python: z.object({ path: z.string(), version: z.string() }).optional(),
  packages: z.array(PackageStatus),
  /** What the compiler's own programs say of their versions, when they were last run. */
  programs: z.array(z.object({ name: z.string(), version: z.string() })),
  /** When all of it was last seen to work, in ISO 8601. */
  checkedAt: z.string().optional(),
  /** Sentences; empty when nothing is the matter. */
  problems: z.array(z.string()),
  /** What an installation would still fetch, and what that takes on the disk, in bytes. */
  missingBytes: z.object({ download: z.number(), disk: z.number() }),
});
export type ToolchainStatus = z.infer<typeof ToolchainStatus>;

export const ToolchainInstallParams = z.object({
  /** A Python 3.10 to make the environment with; found when absent. */
  python: z.string().min(1).max(4096).optional(),
  /** Where torch is to be had without CUDA: an index as pip reads it. */
  torchIndex: z
    .url({ protocol: /^(https?|file)$/ })
    .max(2048)
    .optional(),
  /** Run every step in containers of this image, which has Python 3.10. */
  docker: z
    .string()
    .max(512)
    .regex(/^[a-z0-9][\w./:@-]*$/i, 'an image is named like repository/name:tag')
    .optional(),
});
export type ToolchainInstallParams = z.infer<typeof ToolchainInstallParams>;
