"""For each net of a language model: real inputs out of the float model's run, and what it should
answer. Only the rows that mean something are compared, never the padding."""

import os
import re
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

import numpy as np
from decoder import decode_mask, padded, prefill_inputs
from device import Device, Net


class Expected(NamedTuple):
    """One output: what it is called in the report, and its rows."""

    label: str
    rows: np.ndarray
    """Takes the rows out of the net's answer."""
    take: Callable[[np.ndarray], np.ndarray]


class Launch(NamedTuple):
    inputs: List[np.ndarray]
    outputs: List[Expected]


class Prompt:
    """What reference.py kept of one prompt."""

    def __init__(self, folder: str, prompt_tokens: int):
        self.folder, self.count = folder, prompt_tokens
        self.tokens = np.load(os.path.join(folder, "tokens.npy")).astype(np.int32)
        self.logits = np.load(os.path.join(folder, "logits.npy"))

    def rows(self, name: str, layer: int) -> np.ndarray:
        return np.load(os.path.join(self.folder, "%s_%d.npy" % (name, layer)))


class Source(NamedTuple):
    prompts: List[Prompt]
    layers: int


def first_rows(count: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: values[0, :count]


def layer_outputs(net: Net, prompt: Prompt, layer: int, rows: slice, suffix: str = "") -> List[Expected]:
    count = rows.stop - rows.start
    names = [("hidden", layer + 1), ("k", layer), ("v", layer)]
    return [
        Expected(port.name + suffix, prompt.rows(name, i)[rows], first_rows(count))
        for port, (name, i) in zip(net.outputs, names)
    ]


def embedding(net: Net, source: Source, layer: int) -> Iterator[Launch]:
    length = net.inputs[0].shape[1]
    for prompt in source.prompts:
        count = min(length, prompt.count)
        given = padded(prompt.tokens[:count], length)
        rows = prompt.rows("hidden", 0)[:count]
        yield Launch([given], [Expected(net.outputs[0].name, rows, first_rows(count))])


def block(net: Net, source: Source, layer: int) -> Iterator[Launch]:
    for prompt in source.prompts:
        count = min(net.inputs[0].shape[1], prompt.count)
        states = prompt.rows("hidden", layer)[:count]
        yield Launch(prefill_inputs(net, states), layer_outputs(net, prompt, layer, slice(0, count)))


def block_kv(net: Net, source: Source, layer: int) -> Iterator[Launch]:
    """The second half of each prompt, after the first."""
    for prompt in source.prompts:
        start = prompt.count // 2
        stop = min(prompt.count, start + net.inputs[0].shape[1])
        if start == 0:
            continue
        positions = np.arange(start, stop, dtype=np.int32)[None]
        past = [prompt.rows(name, layer)[None, :start] for name in ("k", "v")]
        states = prompt.rows("hidden", layer)[None, start:stop]
        outputs = layer_outputs(net, prompt, layer, slice(start, stop))
        yield Launch([states, positions, *past], outputs)


def block_cache(net: Net, source: Source, layer: int) -> Iterator[Launch]:
    """The last token of each prompt's run, in every compiled length of the cache."""
    if net.inputs[0].shape[0] != 1:
        raise RuntimeError("it decodes %d sequences at once" % net.inputs[0].shape[0])
    lengths = [shape[1] for shape in net.inputs[3].shapes]
    longest = max(source.prompts, key=lambda prompt: len(prompt.tokens))
    for length in lengths:
        fitting = [
            (prompt, len(prompt.tokens) - 2)
            for prompt in source.prompts
            if min((n for n in lengths if n > len(prompt.tokens) - 2), default=0) == length
        ]
        for prompt, at in fitting or [(longest, min(len(longest.tokens) - 2, length - 1))]:
            past = [padded(prompt.rows(name, layer)[:at], length) for name in ("k", "v")]
            states = prompt.rows("hidden", layer)[None, at : at + 1]
            suffix = " (KV %d)" % length if len(lengths) > 1 else ""
            yield Launch(
                [states, np.array([[at]], np.int32), decode_mask(at, length), *past],
                layer_outputs(net, prompt, layer, slice(at, at + 1), suffix),
            )


def lm_head(net: Net, source: Source, layer: int) -> Iterator[Launch]:
    for prompt in source.prompts:
        name, row = net.outputs[0].name, 0
        is_token = net.outputs[0].dtype == "i32"
        if is_token:
            # Where the choice is clearest, so that rounding can't decide.
            best = np.sort(prompt.logits, axis=1)
            row = int((best[:, -1] - best[:, -2]).argmax())
        logits = prompt.logits[row : row + 1]
        states = prompt.rows("hidden", source.layers)[prompt.count - 1 + row][None]
        rows = logits.argmax(axis=1).astype(np.int32) if is_token else logits
        yield Launch([states], [Expected(name, rows, lambda values, n=len(rows): values.reshape(n, -1).squeeze(1) if values.size == n else values.reshape(n, -1))])


def greedy_head(net: Net, source: Source, layer: int) -> Iterator[Launch]:
    for prompt in source.prompts:
        logits = prompt.logits[:1]
        chosen = logits.argmax(axis=1).astype(np.int32)
        yield Launch([logits], [Expected(net.outputs[0].name, chosen, lambda values: values.ravel())])


PENALTY, TEMPERATURE, TOP_P, LEAST_KEPT = 1.1, 0.8, 0.9, 5


def sample_head(net: Net, source: Source, layer: int) -> Iterator[Launch]:
    """Repetition penalty, then the top k, temperature and the top p, of which five always stay."""
    count = net.outputs[0].shape[-1]
    for prompt in source.prompts:
        seen = prompt.tokens[: prompt.count]
        logits = prompt.logits[:1].astype(np.float32)
        scores = logits[0].astype(np.float64)
        scores[seen] = np.where(scores[seen] < 0, scores[seen] * PENALTY, scores[seen] / PENALTY)
        order = np.argsort(-scores, kind="stable")[:count].astype(np.int32)
        scaled = scores[order] / TEMPERATURE
        kept = np.cumsum(softmax(scaled)) < TOP_P
        kept[:LEAST_KEPT] = True
        chances = softmax(np.where(kept, scaled, -1000.0)).astype(np.float32)
        scalars = [np.array([PENALTY], np.float32), np.array([TEMPERATURE], np.float32)]
        limits = [np.array([count], np.int32), np.array([TOP_P], np.float32)]
        outputs = [
            Expected(net.outputs[0].name, chances[None], lambda values: values.reshape(1, -1)),
            Expected(net.outputs[1].name, order[None], lambda values: values.reshape(1, -1)),
        ]
        yield Launch([logits, seen[None], *scalars, *limits], outputs)


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


LAUNCHES = {
    "embedding": embedding,
    "embedding_cache": embedding,
    "block": block,
    "block_kv": block_kv,
    "block_cache": block_cache,
    "lm_head": lm_head,
    "greedy_head": greedy_head,
    "sample_head": sample_head,
}


def kind_of(name: str) -> Tuple[str, int]:
    """`block_cache_3` is ("block_cache", 3)."""
    found = re.fullmatch(r"(block|block_kv|block_cache)_(\d+)", name)
    return (found[1], int(found[2])) if found else (name, 0)


def run_net(device: Device, name: str, source: Source) -> Dict[str, Tuple[np.ndarray, np.ndarray]]:
    """@returns for each label what was expected and what came, the rows of all prompts together"""
    kind, layer = kind_of(name)
    net = device.net(name)
    found: Dict[str, Tuple[List[Any], List[Any]]] = {}
    for launch in LAUNCHES[kind](net, source, layer):
        answers = device.run(net, launch.inputs)
        for expected, answer in zip(launch.outputs, answers):
            pair = found.setdefault(expected.label, ([], []))
            pair[0].append(expected.rows)
            pair[1].append(expected.take(answer))
    return {label: (np.concatenate(a), np.concatenate(b)) for label, (a, b) in found.items()}
