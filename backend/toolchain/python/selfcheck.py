"""Imports what the compiler needs and runs its programs: one line of JSON before and after each.

A library that doesn't fit the machine may end the process, so the name is printed first.
"""

import importlib
import json
import os
import subprocess
import sys
import warnings

MODULES = """numpy scipy pandas PIL cv2 skimage sklearn google.protobuf flatbuffers onnx ml_dtypes
onnxruntime_extensions pycocotools.mask plotly graphviz tqdm psutil jsonschema tabulate termcolor
sentencepiece gguf safetensors tokenizers torch transformers tpu_mlir""".split()


def say(**fields):
    print(json.dumps(fields), flush=True)


def version_of(command):
    """What the program prints, on one line. Its own error when it fails."""
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if ended.returncode != 0:
        reason = ended.stderr.strip().splitlines()[-1:] or ["nothing printed"]
        raise RuntimeError("exit code %d: %s" % (ended.returncode, reason[0]))
    return " ".join(ended.stdout.split())


def check(name, action):
    say(name=name, state="started")
    try:
        say(name=name, state="works", version=str(action()))
    except BaseException as error:  # A library may raise SystemExit.
        say(name=name, state="fails", reason="%s: %s" % (type(error).__name__, error))


def imported(module):
    return lambda: getattr(importlib.import_module(module), "__version__", "")


warnings.simplefilter("ignore")
for module in MODULES:
    check(module, imported(module))

# Importing tpu_mlir has set the library path, which only processes started later see.
tools = os.path.join(os.environ.get("TPUC_ROOT", "/nonexistent"), "bin")
check("tpuc-opt", lambda: version_of([os.path.join(tools, "tpuc-opt"), "--version"]))
check("model_tool", lambda: version_of([os.path.join(tools, "model_tool"), "--version"]))
bindings = "import pymlir, mlir.ir; print(pymlir.__version__)"
check("pymlir", lambda: version_of([sys.executable, "-c", bindings]))
