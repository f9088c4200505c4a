/** A verification as text for people. */
import type { GreedyComparison, VerificationReport } from '../protocol/verification.ts';
import { toPlainText } from '../formats/plainText.ts';
import { worstFirst, type RankedTensor } from '../verification/policy.ts';
import { columns } from './columns.ts';
import { formatDuration } from './units.ts';

/** Tensors that pass are many and say little. */
const MOST_ROWS = 20;
const MOST_OUTLIERS = 5;

/** The worst tensors, the answers, the verdict, and what would help. */
export function describeVerification(report: VerificationReport): string {
  const { subModels, greedy, notes, keepHigh } = report;
  const ranked = worstFirst(subModels);
  const broken = subModels.filter(({ failure }) => failure !== undefined);
  const parts = [
    tensorTable(ranked),
    broken.map(({ name, failure }) => `${name}: ${failure ?? ''}`).join('\n'),
    outlierText(ranked),
    greedy.map(describeGreedy).join('\n'),
    notes.join('\n'),
    describeVerdict(report, ranked.length),
    keepHigh === undefined ? '' : `More bits would help: convert with --keep-high ${keepHigh}`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function tensorTable(ranked: readonly RankedTensor[]): string {
  if (ranked.length === 0) return '';
  const failing = ranked.filter(({ passed }) => !passed).length;
  const shown = ranked.slice(0, Math.max(MOST_ROWS, failing));
  const rows = shown.map((tensor) => [
    tensor.net,
    tensor.name,
    tensor.cosine.toFixed(5),
    tensor.euclidean.toFixed(4),
    tensor.sqnr === undefined ? '-' : tensor.sqnr.toFixed(1),
    tensor.largestError.toPrecision(3),
    tensor.nanCount + tensor.infCount === 0 ? '-' : `${tensor.nanCount}/${tensor.infCount}`,
    tensor.passed ? 'ok' : 'FAILS',
  ]);
  const head = ['NET', 'TENSOR', 'COSINE', 'EUCLIDEAN', 'SQNR dB', 'ERROR', 'NAN/INF', ''];
  const more = ranked.length - shown.length;
  return columns([head, ...rows]) + (more > 0 ? `\n${more} more, all better.` : '');
}

/** Channels that stand out are where coarse weights lose most. */
function outlierText(ranked: readonly RankedTensor[]): string {
  return ranked
    .flatMap(({ net, name, reference }) =>
      reference.outliers.map((outlier) => ({ ...outlier, where: `${net} ${name}` })),
    )
    .sort((a, b) => b.ratio - a.ratio)
    .slice(0, MOST_OUTLIERS)
    .map(
      ({ where, channel, peak, ratio }) =>
        `Outlier: ${where}, channel ${channel}: ${peak.toPrecision(3)}, ` +
        `${ratio.toFixed(0)} times the median channel`,
    )
    .join('\n');
}

function describeGreedy({
  prompt,
  expected,
  actual,
  text,
  firstDifference,
  passed,
}: GreedyComparison): string {
  const asked = `"${toPlainText(prompt, 40)}"`;
  if (actual.length === 0) return `${asked}: ${toPlainText(text)} FAILS`;
  const said = `"${toPlainText(text, 40)}"`;
  if (!firstDifference) return `${asked}: all ${expected.length} tokens equal: ${said}`;
  const { position, gap, isNearTie } = firstDifference;
  const tie = isNearTie ? 'a near tie' : 'no near tie';
  return (
    `${asked}: token ${position + 1} of ${expected.length} differs, ` +
    `which the float model finds ${gap.toPrecision(3)} less likely in logits: ${tie}` +
    (passed ? '' : ' FAILS')
  );
}

function describeVerdict(report: VerificationReport, tensors: number): string {
  const { subModels, threshold, euclideanThreshold, seconds, passed, model } = report;
  const what = `${tensors} tensors of ${subModels.length} nets`;
  const limits = `cosine ${threshold}, euclidean ${euclideanThreshold}`;
  const verdict = passed ? 'is faithful' : 'FAILS';
  return `${model} ${verdict}: ${what} (${limits}), ${formatDuration(seconds * 1000)} on the ${report.on}`;
}
