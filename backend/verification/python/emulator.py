"""The compiled model on the vendor's emulator, through the C API that a card's libraries have too.

Structures and functions: bmlib_runtime.h, bmdef.h and bmruntime_interface.h of libsophon. The
libraries print a lot and end the process when something is wrong, so whoever uses this must be
ready to die.
"""

import ctypes
import os
from ctypes import POINTER, byref, c_bool, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Dict, List, Sequence, Tuple

import numpy as np

# bm_data_type_t of bmdef.h: the name, and what numpy keeps it in. bf16 travels as its bits.
DTYPES = {
    0: ("f32", np.float32),
    1: ("f16", np.float16),
    2: ("i8", np.int8),
    3: ("u8", np.uint8),
    4: ("i16", np.int16),
    5: ("u16", np.uint16),
    6: ("i32", np.int32),
    7: ("u32", np.uint32),
    8: ("bf16", np.uint16),
}
MAX_DIMS = 8


class DeviceMem(ctypes.Structure):
    _fields_ = [
        ("address", c_uint64),
        ("reserved", c_uint32),
        ("dmabuf_fd", c_int),
        ("flags", c_uint32),
        ("size", c_uint32),
    ]


class Shape(ctypes.Structure):
    _fields_ = [("count", c_int), ("dims", c_int * MAX_DIMS)]

    @staticmethod
    def of(dims: Sequence[int]) -> "Shape":
        return Shape(len(dims), (c_int * MAX_DIMS)(*dims))

    def tuple(self) -> Tuple[int, ...]:
        return tuple(self.dims[: self.count])


class TensorStruct(ctypes.Structure):
    _fields_ = [("dtype", c_int), ("shape", Shape), ("memory", DeviceMem), ("store_mode", c_int)]


class StageStruct(ctypes.Structure):
    _fields_ = [
        ("input_shapes", POINTER(Shape)),
        ("output_shapes", POINTER(Shape)),
        ("input_mems", POINTER(DeviceMem)),
        ("output_mems", POINTER(DeviceMem)),
    ]


class NetStruct(ctypes.Structure):
    _fields_ = [
        ("name", c_char_p),
        ("is_dynamic", c_bool),
        ("input_num", c_int),
        ("input_names", POINTER(c_char_p)),
        ("input_dtypes", POINTER(c_int)),
        ("input_scales", c_void_p),
        ("output_num", c_int),
        ("output_names", POINTER(c_char_p)),
        ("output_dtypes", POINTER(c_int)),
        ("output_scales", c_void_p),
        ("stage_num", c_int),
        ("stages", POINTER(StageStruct)),
        ("max_input_bytes", POINTER(c_size_t)),
        ("max_output_bytes", POINTER(c_size_t)),
        ("input_zero_point", c_void_p),
        ("output_zero_point", c_void_p),
        ("input_loc_devices", c_void_p),
        ("output_loc_devices", c_void_p),
        ("core_num", c_int),
        ("addr_mode", c_int),
    ]


# The layouts that gcc gives the same structures on x86-64.
for struct, size in ((DeviceMem, 24), (Shape, 36), (TensorStruct, 72), (StageStruct, 32), (NetStruct, 144)):
    assert ctypes.sizeof(struct) == size, struct.__name__


class Port:
    """One input or output of a net, with its largest shape in each stage."""

    def __init__(self, name: str, dtype: int, size: int, shapes: List[Tuple[int, ...]]):
        if dtype not in DTYPES:
            raise RuntimeError("%s has the data type %d, which is not supported" % (name, dtype))
        self.name, self.size, self.shapes = name, size, shapes
        self.dtype_code = dtype
        self.dtype, self.numpy = DTYPES[dtype]

    @property
    def shape(self) -> Tuple[int, ...]:
        return self.shapes[0]


class Net:
    def __init__(self, raw: NetStruct):
        self.raw = raw
        self.name = raw.name.decode()
        self.is_dynamic = bool(raw.is_dynamic)
        stages = [raw.stages[i] for i in range(raw.stage_num)]
        self.inputs = [
            Port(raw.input_names[i].decode(), raw.input_dtypes[i], raw.max_input_bytes[i],
                 [stage.input_shapes[i].tuple() for stage in stages])
            for i in range(raw.input_num)
        ]
        self.outputs = [
            Port(raw.output_names[i].decode(), raw.output_dtypes[i], raw.max_output_bytes[i],
                 [stage.output_shapes[i].tuple() for stage in stages])
            for i in range(raw.output_num)
        ]

    def stage_for(self, shapes: Sequence[Tuple[int, ...]]) -> int:
        """The stage compiled for these shapes; the first one when none is."""
        for stage in range(self.raw.stage_num):
            if all(port.shapes[stage] == shape for port, shape in zip(self.inputs, shapes)):
                return stage
        return 0


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


# The engines of gathers, of non-maximum suppression and of sorting; see emulatorThreads.ts.
SELDOM_USED = ("TPU_GDE", "TPU_NMS", "TPU_SORT")
LOWEST = 19
POLITE = 5


def slow_seldom_used_engines() -> None:
    """They wait by spinning: at the lowest priority they leave the processor to the one that works."""
    for thread in os.listdir("/proc/self/task"):
        with open("/proc/self/task/%s/comm" % thread) as file:
            name = file.read().strip()
        if name in SELDOM_USED:
            os.setpriority(os.PRIO_PROCESS, int(thread), LOWEST)


class Emulator:
    """One device and one loaded bmodel. A process can have one, once."""

    def __init__(self, libraries: str, bmodel: str):
        """`libraries` is the folder of the compiler's shared objects."""
        os.environ["TPUKERNEL_FIRMWARE_PATH"] = os.path.join(libraries, "libcmodel_bm1684x.so")
        os.environ.setdefault("BMRT_LOG_LEVEL_THRESHOLD", "3")
        # By its variant's name: libbmlib.so.0 is a link that other programs of the compiler move.
        self._lib = ctypes.CDLL(os.path.join(libraries, "libbmlib_bm1684x.so.0"), mode=ctypes.RTLD_GLOBAL)
        self._rt = ctypes.CDLL(os.path.join(libraries, "libbmrt.so.1.0"), mode=ctypes.RTLD_GLOBAL)
        self._declare()
        self._handle = c_void_p()
        # The emulator's threads inherit it.
        os.nice(POLITE)
        self._require(self._lib.bm_dev_request(byref(self._handle), 0), "opening the emulator")
        slow_seldom_used_engines()
        self._runtime = c_void_p(self._rt.bmrt_create(self._handle))
        if not self._rt.bmrt_load_bmodel(self._runtime, bmodel.encode()):
            raise RuntimeError("the runtime does not load it")
        self._nets: Dict[str, Net] = {}
        self._buffers: List[DeviceMem] = []

    def _declare(self) -> None:
        rt, lib = self._rt, self._lib
        rt.bmrt_create.restype = c_void_p
        rt.bmrt_create.argtypes = [c_void_p]
        rt.bmrt_destroy.argtypes = [c_void_p]
        rt.bmrt_load_bmodel.restype = c_bool
        rt.bmrt_load_bmodel.argtypes = [c_void_p, c_char_p]
        rt.bmrt_get_network_info.restype = POINTER(NetStruct)
        rt.bmrt_get_network_info.argtypes = [c_void_p, c_char_p]
        rt.bmrt_launch_tensor_ex.restype = c_bool
        rt.bmrt_launch_tensor_ex.argtypes = [
            c_void_p, c_char_p, c_void_p, c_int, c_void_p, c_int, c_bool, c_bool,
        ]
        lib.bm_dev_request.argtypes = [POINTER(c_void_p), c_int]
        lib.bm_dev_free.argtypes = [c_void_p]
        lib.bm_malloc_device_byte.argtypes = [c_void_p, POINTER(DeviceMem), c_uint32]
        lib.bm_free_device.argtypes = [c_void_p, DeviceMem]
        lib.bm_memcpy_s2d_partial.argtypes = [c_void_p, DeviceMem, c_void_p, c_uint32]
        lib.bm_memcpy_d2s_partial.argtypes = [c_void_p, c_void_p, DeviceMem, c_uint32]
        lib.bm_memset_device_ext.argtypes = [c_void_p, c_void_p, c_int, DeviceMem]
        lib.bm_memcpy_d2d_byte.argtypes = [c_void_p, DeviceMem, c_size_t, DeviceMem, c_size_t, c_size_t]
        lib.bm_thread_sync.argtypes = [c_void_p]

    @staticmethod
    def _require(status: int, what: str) -> None:
        if status != 0:
            raise RuntimeError("%s failed with status %d" % (what, status))

    def net(self, name: str) -> Net:
        """@raises KeyError when the model has no such net."""
        if name not in self._nets:
            found = self._rt.bmrt_get_network_info(self._runtime, name.encode())
            if not found:
                raise KeyError(name)
            self._nets[name] = Net(found.contents)
        return self._nets[name]

    def has(self, name: str) -> bool:
        return bool(self._rt.bmrt_get_network_info(self._runtime, name.encode()))

    def allocate(self, size: int) -> DeviceMem:
        memory = DeviceMem()
        status = self._lib.bm_malloc_device_byte(self._handle, byref(memory), max(size, 4))
        self._require(status, "allocating %d bytes" % size)
        self._buffers.append(memory)
        return memory

    def free_buffers(self) -> None:
        for memory in self._buffers:
            self._lib.bm_free_device(self._handle, memory)
        self._buffers = []

    def upload(self, memory: DeviceMem, data: np.ndarray) -> None:
        data = np.ascontiguousarray(data)
        status = self._lib.bm_memcpy_s2d_partial(self._handle, memory, data.ctypes.data, data.nbytes)
        self._require(status, "writing to the device")

    def download(self, memory: DeviceMem, shape: Sequence[int], port: Port) -> np.ndarray:
        data = np.empty(tuple(shape), port.numpy)
        status = self._lib.bm_memcpy_d2s_partial(self._handle, data.ctypes.data, memory, data.nbytes)
        self._require(status, "reading from the device")
        return data

    def fill(self, memory: DeviceMem, byte: int) -> None:
        value = ctypes.c_ubyte(byte)
        self._require(self._lib.bm_memset_device_ext(self._handle, byref(value), 1, memory), "filling")

    def copy(self, to: DeviceMem, to_byte: int, source: DeviceMem, from_byte: int, size: int) -> None:
        status = self._lib.bm_memcpy_d2d_byte(self._handle, to, to_byte, source, from_byte, size)
        self._require(status, "copying on the device")

    def tensor(self, memory: DeviceMem, shape: Sequence[int], port: Port) -> TensorStruct:
        return TensorStruct(port.dtype_code, Shape.of(shape), memory, 0)

    def launch(self, net: Net, inputs: Sequence[TensorStruct], outputs: Sequence[TensorStruct]) -> List[Tuple[int, ...]]:
        """Runs it to its end. @returns the shapes of the outputs"""
        ins = (TensorStruct * len(inputs))(*inputs)
        outs = (TensorStruct * len(outputs))(*outputs)
        launched = self._rt.bmrt_launch_tensor_ex(
            self._runtime, net.name.encode(), ins, len(inputs), outs, len(outputs), True, False
        )
        if not launched:
            raise RuntimeError("the runtime does not launch it")
        self._require(self._lib.bm_thread_sync(self._handle), "waiting for %s" % net.name)
        return [out.shape.tuple() for out in outs]

    def fill_inputs(self, net: Net, inputs: Sequence[np.ndarray]) -> List[TensorStruct]:
        """Into the net's own buffers: `block_kv` silently ignores a history in any others, because
        its keys are joined by where they lie."""
        stage = net.stage_for([values.shape for values in inputs])
        tensors = []
        for i, (port, values) in enumerate(zip(net.inputs, inputs)):
            memory = net.raw.stages[stage].input_mems[i]
            self.fill(memory, 0)
            self.upload(memory, to_device(values, port))
            tensors.append(self.tensor(memory, values.shape, port))
        return tensors

    def run(self, net: Net, inputs: Sequence[np.ndarray]) -> List[np.ndarray]:
        """One launch from and to the host. Outputs begin as bytes 0xFF, which is NaN: what the net
        does not write is seen."""
        ins = self.fill_inputs(net, inputs)
        outs = []
        for port in net.outputs:
            memory = self.allocate(port.size)
            self.fill(memory, 0xFF)
            outs.append(self.tensor(memory, port.shape, port))
        shapes = self.launch(net, ins, outs)
        results = [
            from_device(self.download(out.memory, shape, port), port)
            for out, shape, port in zip(outs, shapes, net.outputs)
        ]
        self.free_buffers()
        return results

    def close(self) -> None:
        """Without it the process would end in a crash."""
        self.free_buffers()
        self._rt.bmrt_destroy(self._runtime)
        self._lib.bm_dev_free(self._handle)
