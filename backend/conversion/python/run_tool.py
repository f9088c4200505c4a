"""Becomes one of the compiler's programs, with the search paths that it needs.

    python run_tool.py NAME ARGUMENTS...

The launchers that the wheel installs make every way to fail an exit code of 1.
"""

import os
import sys

import tpu_mlir  # noqa: F401  It sets the search paths.

root = os.environ["TPUC_ROOT"]
name, arguments = sys.argv[1], sys.argv[2:]
if name.endswith(".py"):
    tool = os.path.join(root, "python", "tools", name)
    os.execv(sys.executable, [sys.executable, tool, *arguments])
os.execv(os.path.join(root, "bin", name), [name, *arguments])
