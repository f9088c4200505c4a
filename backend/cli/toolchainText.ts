/** The toolchain as text for people. */
import type { ToolchainStatus } from '../protocol/toolchain.ts';
import { factLines, type Fact } from './facts.ts';
import { formatBytes } from './units.ts';

/** Shown of the packages that have nothing the matter: what people ask about. */
const NAMED = ['tpu-mlir', 'torch', 'transformers', 'onnx', 'numpy'];
/** More of them say nothing more. */
const MOST_PROBLEMS = 10;

/** One fact a line, then what is the matter. */
export function describeToolchain(status: ToolchainStatus): string {
  if (status.state === 'missing') {
    const { download, disk } = status.missingBytes;
    return (
      'The compiler is not installed. Install it with "tpu-pilot toolchain install": ' +
      `${formatBytes(download)} to download, ${formatBytes(disk)} on the disk.`
    );
  }
  const named = status.packages.filter(({ name }) => NAMED.includes(name));
  const facts: Fact[] = [
    ['State', status.state],
    ['Folder', status.folder],
    ['Container', status.docker],
    ['Python', status.python && `${status.python.version}, ${status.python.path}`],
    ...named.map(({ name, installed }): Fact => [name, installed ?? 'missing']),
    ['Packages', countPackages(status)],
    ...status.programs.map(({ name, version }): Fact => [name, version]),
    ['Torch from', status.torchIndex],
    ['Checked', status.checkedAt],
  ];
  const lines = factLines(facts, 14);
  const problems = status.problems.slice(0, MOST_PROBLEMS).map((problem) => `Problem: ${problem}`);
  const more = status.problems.length - problems.length;
  return [...lines, ...problems, ...(more > 0 ? [`${more} more problems.`] : [])].join('\n');
}

function countPackages({ packages }: ToolchainStatus): string {
  const good = packages.filter(({ problem }) => problem === undefined).length;
  return `${good} of ${packages.length} as locked`;
}
