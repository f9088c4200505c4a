"""Inputs and expected outputs that the user gives: .npz or raw .bin."""

import os
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Sequence, Tuple
from zipfile import BadZipFile

import numpy as np
from decoder import Decoder
from device import Device, Port, from_device

Pairs = Dict[str, Tuple[np.ndarray, np.ndarray]]


class DoesNotFit(Exception):
    """Says what was expected."""


def shape_text(port: Port) -> str:
    return "%s [%s] %s" % (port.name, ", ".join(map(str, port.shape)), port.dtype)


@contextmanager
def reading(path: str) -> Iterator[None]:
    """What numpy says of a file that it cannot read, as a reason. Pickled arrays are none."""
    try:
        yield
    except (OSError, ValueError, BadZipFile) as error:
        raise DoesNotFit("%s cannot be read: %s" % (os.path.basename(path), error)) from error


def open_arrays(path: str) -> Any:
    with reading(path):
        return np.load(path, allow_pickle=False)


def read_ports(path: str, ports: Sequence[Port], is_dynamic: bool) -> List[np.ndarray]:
    """An array for each port. A raw file has them one after the other, in the net's own types.
    A dynamic net takes less than its largest shape, from .npz alone, which says how much."""
    wanted = "; ".join(map(shape_text, ports))
    file = os.path.basename(path)
    if not path.endswith(".npz"):
        size = sum(port.size for port in ports)
        with reading(path):
            data = np.fromfile(path, np.uint8)
        if data.size != size:
            raise DoesNotFit("%s has %d bytes; expected %d: %s" % (file, data.size, size, wanted))
        values, start = [], 0
        for port in ports:
            bits = data[start : start + port.size].view(port.numpy).reshape(port.shape)
            values.append(from_device(bits, port))
            start += port.size
        return values
    with open_arrays(path) as arrays, reading(path):
        names = [port.name for port in ports]
        if not all(name in arrays for name in names):
            # With other names, but as many: in their order.
            names = list(arrays.files)
        if len(names) != len(ports):
            raise DoesNotFit("%s has %s; expected %s" % (file, ", ".join(arrays.files) or "nothing", wanted))
        values = [arrays[name] for name in names]
    for port, value in zip(ports, values):
        smaller = len(value.shape) == len(port.shape) and all(a <= b for a, b in zip(value.shape, port.shape))
        if value.shape != port.shape and not (is_dynamic and smaller):
            shape = "[%s]" % ", ".join(map(str, value.shape))
            raise DoesNotFit("%s has %s of the shape %s; expected %s" % (file, port.name, shape, wanted))
    return values


def read_one(path: str, dtype: Any, what: str) -> np.ndarray:
    """The only array of the file."""
    if not path.endswith(".npz"):
        with reading(path):
            data = np.fromfile(path, np.uint8)
        if data.size == 0 or data.size % np.dtype(dtype).itemsize != 0:
            raise DoesNotFit("%s has %d bytes; expected %s" % (os.path.basename(path), data.size, what))
        return data.view(dtype)
    with open_arrays(path) as arrays, reading(path):
        if len(arrays.files) != 1:
            raise DoesNotFit("%s has %d arrays; expected one: %s" % (os.path.basename(path), len(arrays.files), what))
        return arrays[arrays.files[0]]


def run_given(device: Device, folder: str, case: Any) -> Pairs:
    if case["given"] is None:
        return run_whole(device, folder, case)
    net = device.net(case["given"])
    inputs = read_ports(case["input"], net.inputs, net.is_dynamic)
    wanted = read_ports(case["reference"], net.outputs, net.is_dynamic)
    answers = device.run(net, inputs)
    pairs = {}
    for port, expected, answer in zip(net.outputs, wanted, answers):
        if expected.shape != answer.shape:
            raise DoesNotFit("%s came out as %s, and the reference has %s" % (port.name, answer.shape, expected.shape))
        pairs[port.name] = (expected, answer)
    return pairs


def file_size(path: str) -> int:
    with reading(path):
        return os.path.getsize(path)


def in_vocabulary(ids: np.ndarray, size: int) -> bool:
    return bool(ids.size > 0 and ids.min() >= 0 and ids.max() < size)


def run_whole(device: Device, folder: str, case: Any) -> Pairs:
    """Token ids to the logits after the last one, or to the tokens that follow."""
    ids = read_one(case["input"], np.int32, "token ids, i32")
    decoder = Decoder(device, folder)
    head = device.net("lm_head").outputs[0]
    if ids.size == 0 or ids.size >= decoder.length or not np.issubdtype(ids.dtype, np.integer):
        raise DoesNotFit("the input has the shape %s; expected 1 to %d token ids, i32" % (ids.shape, decoder.length - 1))
    has_logits = head.dtype == "f32"
    what = "logits [1, %d] f32, or token ids, i32" % head.shape[-1] if has_logits else "token ids, i32"
    # A raw file does not say its type: one of another size than the logits is of tokens.
    is_tokens = not has_logits or file_size(case["reference"]) != 4 * head.shape[-1]
    wanted = read_one(case["reference"], np.int32 if is_tokens else np.float32, what)
    if has_logits and np.issubdtype(wanted.dtype, np.integer) and not in_vocabulary(wanted, head.shape[-1]):
        raise DoesNotFit("the reference has the shape %s; expected %s" % (wanted.shape, what))
    token, logits = decoder.head(decoder.prefill(ids.ravel().tolist()))
    if logits is not None and not np.issubdtype(wanted.dtype, np.integer):
        if wanted.size != logits.size:
            raise DoesNotFit("the reference has the shape %s; expected %s" % (wanted.shape, what))
        return {"logits": (wanted.reshape(1, -1), logits.reshape(1, -1))}
    tokens = [token]
    while len(tokens) < wanted.size and decoder.history < decoder.length:
        tokens.append(decoder.head(decoder.decode(tokens[-1]))[0])
    return {"tokens": (wanted.ravel()[: len(tokens)], np.array(tokens))}
