"""The compiled model's nets, run by whoever started this: asked for on stdout, answered on stdin,
tensors in files."""

import os
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
from report import ask

# By the compiler's names: what numpy keeps it in. bf16 travels as its bits.
DTYPES = {
    "f32": np.float32,
    "f16": np.float16,
    "i8": np.int8,
    "u8": np.uint8,
    "i16": np.int16,
    "u16": np.uint16,
    "i32": np.int32,
    "u32": np.uint32,
    "bf16": np.uint16,
}


class LaunchFailed(Exception):
    """Says why, for people."""


class Port:
    """One input or output of a net, with its largest shape in each stage."""

    def __init__(self, described: Any):
        self.name, self.dtype, self.size = described["name"], described["dtype"], described["bytes"]
        self.shapes = [tuple(shape) for shape in described["shapes"]]
        self.numpy = DTYPES[self.dtype]

    @property
    def shape(self) -> Tuple[int, ...]:
        return self.shapes[0]


class Net:
    def __init__(self, described: Any):
        self.name, self.is_dynamic = described["name"], described["isDynamic"]
        self.inputs = [Port(port) for port in described["inputs"]]
        self.outputs = [Port(port) for port in described["outputs"]]


def to_device(values: np.ndarray, port: Port) -> np.ndarray:
    """Values as the bits the net takes."""
    if port.dtype == "bf16":
        bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
        # To the nearest, ties to even.
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.ascontiguousarray(values).astype(port.numpy)


def from_device(bits: np.ndarray, port: Port) -> np.ndarray:
    """The net's bits as float32, or as the integers they are."""
    if port.dtype == "bf16":
        return (bits.astype(np.uint32) << 16).view(np.float32)
    return bits.astype(np.float32) if port.dtype == "f16" else bits


class Device:
    """One loaded bmodel."""

    def __init__(self, folder: str):
        """`folder` is where tensors are exchanged."""
        self._folder = folder
        os.makedirs(folder, exist_ok=True)
        self._nets: Dict[str, Net] = {net["name"]: Net(net) for net in ask("open")["nets"]}

    def net(self, name: str) -> Net:
        """@raises KeyError when the model has no such net."""
        return self._nets[name]

    def has(self, name: str) -> bool:
        return name in self._nets

    def run(self, net: Net, inputs: Sequence[np.ndarray]) -> List[np.ndarray]:
        """One launch. What the net does not write of its outputs is NaN.
        @raises LaunchFailed"""
        given = []
        for i, (port, values) in enumerate(zip(net.inputs, inputs)):
            to_device(values, port).tofile(self._path("in%d" % i))
            given.append({"file": "in%d" % i, "shape": list(values.shape)})
        answer = ask("launch", net=net.name, inputs=given)
        if "failure" in answer:
            raise LaunchFailed(answer["failure"])
        return [
            from_device(np.fromfile(self._path(out["file"]), port.numpy).reshape(out["shape"]), port)
            for port, out in zip(net.outputs, answer["outputs"])
        ]

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)
