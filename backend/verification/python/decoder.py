"""Decodes one sequence net by net: prefill by chunks, then token by token."""

import os
from typing import List, Optional, Tuple

import numpy as np
from device import Device, Net, from_device

# What keeps a position out of the attention; in bf16 0xC61C, in f16 0xF0E2, as the compiler's own.
MASKED = -10000.0


def causal_mask(length: int) -> np.ndarray:
    return np.triu(np.full((1, 1, length, length), MASKED, np.float32), 1)


def decode_mask(history: int, kv_length: int) -> np.ndarray:
    """[1, 1, 1, kv_length + 1]; the last column is the current token's."""
    mask = np.zeros((1, 1, 1, kv_length + 1), np.float32)
    mask[..., history:kv_length] = MASKED
    return mask


def padded(rows: np.ndarray, length: int) -> np.ndarray:
    """[n, ...] as [1, length, ...], zeros after the rows."""
    out = np.zeros((1, length, *rows.shape[1:]), rows.dtype)
    out[0, : len(rows)] = rows
    return out


def prefill_inputs(net: Net, states: np.ndarray) -> List[np.ndarray]:
    """Of `block_i`. `states` is [n, H]."""
    length = len(states) if net.is_dynamic else net.inputs[0].shape[1]
    positions = padded(np.arange(len(states), dtype=np.int32), length)
    inputs = [padded(states, length), positions]
    if len(net.inputs) > 2:
        inputs.append(causal_mask(length))
    return inputs


class Decoder:
    """One sequence, with its keys and values here."""

    def __init__(self, device: Device, folder: str):
        """`folder` holds embedding.bin when the model has no net for it."""
        self.device, self.folder = device, folder
        layers = 0
        while device.has("block_cache_%d" % layers):
            layers += 1
        first = device.net("block_cache_0")
        if first.inputs[0].shape[0] != 1:
            raise RuntimeError("it decodes %d sequences at once" % first.inputs[0].shape[0])
        self.history = 0
        self.length = first.inputs[3].shape[1]
        self.chunk = device.net("block_0").inputs[0].shape[1]
        self.width = first.inputs[0].shape[2]
        # Of each layer the keys and the values, [length, heads, D] each.
        self.past = [
            tuple(np.zeros(port.shape[1:], np.float32) for port in first.inputs[3:5]) for _ in range(layers)
        ]

    def embed(self, ids: List[int], name: str) -> np.ndarray:
        """[n, H] float32"""
        if self.device.has(name):
            net = self.device.net(name)
            given = padded(np.array(ids, np.int32), net.inputs[0].shape[1])
            return self.device.run(net, [given])[0][0, : len(ids)]
        port = self.device.net("block_cache_0").inputs[0]
        table = np.memmap(os.path.join(self.folder, "embedding.bin"), port.numpy, "r").reshape(-1, self.width)
        return from_device(np.array(table[ids]), port)

    def prefill(self, ids: List[int]) -> np.ndarray:
        """@returns what goes into the head after the last token, [1, H]"""
        states = np.empty((0, self.width), np.float32)
        if len(ids) > self.chunk and not self.device.has("block_kv_0"):
            raise RuntimeError("a prompt has at most %d tokens, not %d" % (self.chunk, len(ids)))
        for start in range(0, len(ids), self.chunk):
            part = ids[start : start + self.chunk]
            states = self.embed(part, "embedding")
            for layer, past in enumerate(self.past):
                if self.history == 0:
                    net = self.device.net("block_%d" % layer)
                    inputs = prefill_inputs(net, states)
                else:
                    net = self.device.net("block_kv_%d" % layer)
                    positions = np.arange(self.history, self.history + len(part), dtype=np.int32)
                    inputs = [states[None], positions[None], *(rows[None, : self.history] for rows in past)]
                states = self._run_block(net, inputs, layer, len(part))
            self.history += len(part)
        return states[-1:]

    def decode(self, token: int) -> np.ndarray:
        """@returns what goes into the head, [1, H]"""
        at = self.history
        states = self.embed([token], "embedding_cache")
        for layer, past in enumerate(self.past):
            net = self.device.net("block_cache_%d" % layer)
            length = min(shape[1] for shape in net.inputs[3].shapes if shape[1] > at)
            rows = [padded(one[:at], length) for one in past]
            inputs = [states[None], np.array([[at]], np.int32), decode_mask(at, length), *rows]
            states = self._run_block(net, inputs, layer, 1)
        self.history += 1
        return states

    def head(self, states: np.ndarray) -> Tuple[int, Optional[np.ndarray]]:
        """@returns the likeliest token, and the logits [V] where the model gives them"""
        out = self.device.run(self.device.net("lm_head"), [states])[0]
        if np.issubdtype(out.dtype, np.integer):
            return int(out.ravel()[0]), None
        return int(out.argmax()), out.ravel()

    def _run_block(self, net: Net, inputs: List[np.ndarray], layer: int, count: int) -> np.ndarray:
        """Keeps the keys and values of `count` tokens. @returns their states, [count, H]"""
        states, *rows = self.device.run(net, inputs)
        for past, added in zip(self.past[layer], rows):
            past[self.history : self.history + count] = added[0, :count]
        return states[0, :count]
