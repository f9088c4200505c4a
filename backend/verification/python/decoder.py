"""Decodes on the emulator as a card does: prefill by chunks, keys and values written in place."""

import os
from typing import List, Optional, Tuple

import numpy as np
from emulator import DeviceMem, Emulator, Net, Port, from_device, to_device

# What keeps a position out of the attention; in bf16 0xC61C, in f16 0xF0E2, as the compiler's own.
MASKED = -10000.0


def offset(memory: DeviceMem, start: int, size: int) -> DeviceMem:
    return DeviceMem(memory.address + start, 0, 0, 0, size)


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
    """One sequence. Its keys and values live in the decode nets' own input buffers."""

    def __init__(self, emulator: Emulator, folder: str):
        """`folder` holds embedding.bin when the model has no net for it."""
        self.emulator, self.folder = emulator, folder
        self.layers = 0
        while emulator.has("block_cache_%d" % self.layers):
            self.layers += 1
        first = emulator.net("block_cache_0")
        if first.inputs[0].shape[0] != 1:
            raise RuntimeError("it decodes %d sequences at once" % first.inputs[0].shape[0])
        self.history = 0
        self.length = first.inputs[3].shape[1]
        self.chunk = emulator.net("block_0").inputs[0].shape[1]
        self.width = first.inputs[0].shape[2]
        self.row_bytes = first.inputs[3].size // self.length
        for layer in range(self.layers):
            for past in self.past(layer):
                emulator.fill(past, 0)

    def past(self, layer: int, stage: int = 0) -> Tuple[DeviceMem, DeviceMem]:
        mems = self.emulator.net("block_cache_%d" % layer).raw.stages[stage].input_mems
        return mems[3], mems[4]

    def embed(self, ids: List[int], name: str) -> np.ndarray:
        """[n, H] float32"""
        if self.emulator.has(name):
            net = self.emulator.net(name)
            given = padded(np.array(ids, np.int32), net.inputs[0].shape[1])
            return self.emulator.run(net, [given])[0][0, : len(ids)]
        port: Port = self.emulator.net("block_cache_0").inputs[0]
        table = np.memmap(os.path.join(self.folder, "embedding.bin"), port.numpy, "r").reshape(-1, self.width)
        bits = np.array(table[ids])
        if port.dtype == "bf16":
            return (bits.astype(np.uint32) << 16).view(np.float32)
        return bits.astype(np.float32)

    def prefill(self, ids: List[int]) -> np.ndarray:
        """@returns what goes into the head after the last token, [1, H]"""
        states = np.empty((0, self.width), np.float32)
        if len(ids) > self.chunk and not self.emulator.has("block_kv_0"):
            raise RuntimeError("a prompt has at most %d tokens, not %d" % (self.chunk, len(ids)))
        for start in range(0, len(ids), self.chunk):
            part = ids[start : start + self.chunk]
            states = self.embed(part, "embedding")
            for layer in range(self.layers):
                states = self._prefill_layer(layer, states)
            self.history += len(part)
        return states[-1:]

    def _prefill_layer(self, layer: int, states: np.ndarray) -> np.ndarray:
        emulator, count = self.emulator, len(states)
        if self.history == 0:
            net = emulator.net("block_%d" % layer)
            inputs = prefill_inputs(net, states)
        else:
            net = emulator.net("block_kv_%d" % layer)
            positions = np.arange(self.history, self.history + count, dtype=np.int32)
            inputs = [states[None], positions[None]]
        past = self.past(layer)
        given = emulator.fill_inputs(net, inputs)
        if self.history > 0:
            # Copied, as the net reads its history in its own buffers only.
            for i, memory in enumerate(past, 2):
                own = net.raw.stages[0].input_mems[i]
                emulator.copy(own, 0, memory, 0, self.history * self.row_bytes)
                shape = (1, self.history, *net.inputs[i].shape[2:])
                given.append(emulator.tensor(own, shape, net.inputs[i]))
        outs = [emulator.tensor(emulator.allocate(p.size), p.shape, p) for p in net.outputs]
        shapes = emulator.launch(net, given, outs)
        for memory, out in zip(past, outs[1:]):
            emulator.copy(memory, self.history * self.row_bytes, out.memory, 0, count * self.row_bytes)
        result = download(emulator, outs[0].memory, shapes[0], net.outputs[0])[0, :count]
        emulator.free_buffers()
        return result

    def decode(self, token: int) -> np.ndarray:
        """@returns what goes into the head, [1, H]"""
        emulator, at = self.emulator, self.history
        states = self.embed([token], "embedding_cache")
        for layer in range(self.layers):
            net = emulator.net("block_cache_%d" % layer)
            lengths = [shape[1] for shape in net.inputs[3].shapes]
            stage = min((s for s, n in enumerate(lengths) if n > at), key=lambda s: lengths[s])
            mems = net.raw.stages[stage].input_mems
            values = [states[None], np.array([[at]], np.int32), decode_mask(at, lengths[stage])]
            for memory, port, value in zip(mems, net.inputs, values):
                emulator.upload(memory, to_device(value, port))
            given = [
                emulator.tensor(mems[i], port.shapes[stage], port) for i, port in enumerate(net.inputs)
            ]
            out = emulator.allocate(net.outputs[0].size)
            row, size = at * self.row_bytes, self.row_bytes
            places = [out, *(offset(memory, row, size) for memory in self.past(layer, stage))]
            outs = [emulator.tensor(place, p.shape, p) for place, p in zip(places, net.outputs)]
            emulator.launch(net, given, outs)
            states = download(emulator, out, net.outputs[0].shape, net.outputs[0])[0]
            emulator.free_buffers()
        self.history += 1
        return states

    def head(self, states: np.ndarray) -> Tuple[int, Optional[np.ndarray]]:
        """@returns the likeliest token, and the logits [V] where the model gives them"""
        out = self.emulator.run(self.emulator.net("lm_head"), [states])[0]
        if np.issubdtype(out.dtype, np.integer):
            return int(out.ravel()[0]), None
        return int(out.argmax()), out.ravel()


def download(emulator: Emulator, memory: DeviceMem, shape: Tuple[int, ...], port: Port) -> np.ndarray:
    return from_device(emulator.download(memory, shape, port), port)
