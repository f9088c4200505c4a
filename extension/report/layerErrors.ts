/** The errors of a verification by layer, for its charts. */
import type {
  SubModelVerification,
  TensorComparison,
  VerificationReport,
} from '../../backend/protocol/verification.ts';

/** A tensor with the net it is of. */
export interface TensorRow {
  /** Its place in the report. */
  readonly index: number;
  readonly net: string;
  readonly layer: number | undefined;
  readonly tensor: TensorComparison;
}

export function tensorRows({ subModels }: VerificationReport): TensorRow[] {
  return subModels
    .flatMap(({ name, layer, tensors }) => tensors.map((tensor) => ({ net: name, layer, tensor })))
    .map((row, index) => ({ index, ...row }));
}

/** Failed before passed, then by cosine: NaN counts as the worst. */
export function worstFirst(rows: readonly TensorRow[]): TensorRow[] {
  const badness = ({ tensor }: TensorRow): number =>
    (tensor.passed ? 0 : 10) + (Number.isNaN(tensor.cosine) ? 5 : 1 - tensor.cosine);
  return rows.toSorted((a, b) => badness(b) - badness(a) || a.index - b.index);
}

/** `block_cache_12` is of the kind `block_cache`. */
function kindOf({ name }: Pick<SubModelVerification, 'name'>): string {
  return name.replace(/_\d+$/, '');
}

export interface LayerErrors {
  readonly kind: string;
  /** 1 - cosine of the worst tensor of each layer that was compared. */
  readonly layers: readonly { readonly layer: number; readonly error: number }[];
}

/** One series for each kind of net that layers have, such as prefill and decode. */
export function layerErrors({ subModels }: VerificationReport): LayerErrors[] {
  const kinds = new Map<string, { layer: number; error: number }[]>();
  for (const subModel of subModels) {
    const { layer, tensors } = subModel;
    if (layer === undefined || tensors.length === 0) continue;
    const errors = tensors.map(({ cosine }) => (Number.isFinite(cosine) ? 1 - cosine : 1));
    const kind = kindOf(subModel);
    const layers = kinds.get(kind) ?? [];
    kinds.set(kind, [...layers, { layer, error: Math.max(...errors) }]);
  }
  return [...kinds].map(([kind, layers]) => ({
    kind,
    layers: layers.toSorted((a, b) => a.layer - b.layer),
  }));
}

export interface NamedOutlier {
  readonly net: string;
  readonly tensor: string;
  readonly layer: number | undefined;
  readonly channel: number;
  readonly peak: number;
  readonly ratio: number;
}

/** Channels of the float model that stand out, the farthest first; a channel once for each net. */
export function namedOutliers(rows: readonly TensorRow[]): NamedOutlier[] {
  return rows
    .flatMap(({ net, layer, tensor }) =>
      tensor.reference.outliers.map((outlier) => ({
        net,
        tensor: tensor.name,
        layer,
        ...outlier,
      })),
    )
    .sort((a, b) => b.ratio - a.ratio);
}
