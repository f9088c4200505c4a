"""How far two tensors are apart, in the numbers of the compiler's own npz_tool, and how their
values are spread."""

from typing import Any, Dict, List

import numpy as np

BINS = 32
# A channel stands out when its peak is this many times the median channel's.
OUTLIER_RATIO = 6.0
MOST_OUTLIERS = 8


def compare(name: str, expected: np.ndarray, actual: np.ndarray) -> Dict[str, Any]:
    """Of integers, such as token ids, cosine and euclidean are both the share that is equal."""
    exact = np.issubdtype(expected.dtype, np.integer)
    nans, infs = int(np.isnan(actual).sum()), int(np.isinf(actual).sum())
    a = np.nan_to_num(expected.astype(np.float64).ravel(), nan=0, posinf=0, neginf=0)
    b = np.nan_to_num(actual.astype(np.float64).ravel(), nan=0, posinf=0, neginf=0)
    difference = np.abs(a - b)
    share = float((a == b).mean()) if a.size else 1.0
    noise = float((difference**2).sum())
    signal = float((a**2).sum())
    figures: Dict[str, Any] = {
        "name": name,
        "shape": list(actual.shape),
        "cosine": share if exact else cosine(a, b),
        "euclidean": share if exact else euclidean(a, b),
        "largestError": float(difference.max(initial=0)),
        "nanCount": nans,
        "infCount": infs,
        # Nothing was written over the bytes 0xFF that the buffer began with.
        "isUnwritten": bool(nans == actual.size or (exact and (actual == -1).all())),
        "reference": distribution(expected),
        "actual": distribution(actual),
    }
    if noise > 0 and signal > 0:
        figures["sqnr"] = float(10 * np.log10(signal / noise))
    return figures


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    if lengths == 0:
        return 1.0 if not a.any() and not b.any() else 0.0
    return float(np.clip(a @ b / lengths, -1, 1))


def euclidean(a: np.ndarray, b: np.ndarray) -> float:
    """1 - |a - b| / |(a + b) / 2|: from 1 down, without end."""
    middle = float(np.linalg.norm((a + b) / 2))
    apart = float(np.linalg.norm(a - b))
    if middle == 0:
        return 1.0 if apart == 0 else -1e9
    return 1 - apart / middle


def distribution(values: np.ndarray) -> Dict[str, Any]:
    """Of the finite values. `values` is [..., channels]."""
    flat = values.astype(np.float64).ravel()
    finite = flat[np.isfinite(flat)]
    if finite.size == 0:
        return {"min": 0, "max": 0, "mean": 0, "standardDeviation": 0, "histogram": [], "outliers": []}
    counts, _ = np.histogram(finite, bins=BINS, range=(finite.min(), finite.max()))
    return {
        "min": float(finite.min()),
        "max": float(finite.max()),
        "mean": float(finite.mean()),
        "standardDeviation": float(finite.std()),
        "histogram": [int(count) for count in counts],
        "outliers": outliers(values) if np.issubdtype(values.dtype, np.floating) else [],
    }


def outliers(values: np.ndarray) -> List[Dict[str, Any]]:
    """The channels that stand out, the largest first. With one row a channel has one value."""
    channels = np.nan_to_num(values.reshape(-1, values.shape[-1]).astype(np.float64), posinf=0, neginf=0)
    peaks = np.abs(channels).max(axis=0)
    median = float(np.median(peaks))
    if median == 0:
        return []
    order = np.argsort(-peaks)[:MOST_OUTLIERS]
    return [
        {"channel": int(i), "peak": float(peaks[i]), "ratio": float(peaks[i] / median)}
        for i in order
        if peaks[i] / median >= OUTLIER_RATIO
    ]
