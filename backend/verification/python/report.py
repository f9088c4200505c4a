"""One line of JSON for each thing that happened, on the real stdout; all else goes to stderr."""

import json
import os
import sys
from typing import Any

# The compiler's libraries print to stdout, from C as well: they get another one.
_lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
sys.stdout = sys.stderr


def say(kind: str, **fields: Any) -> None:
    _lines.write(json.dumps({"kind": kind, **fields}, allow_nan=False) + "\n")
    _lines.flush()


def ask(kind: str, **fields: Any) -> Any:
    """Says it, and waits for the answer; ends the process when there will be none."""
    say(kind, **fields)
    answer = json.loads(sys.stdin.readline() or "null")
    if answer is None:
        sys.exit()
    return answer


def describe(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return "%s: %s" % (type(error).__name__, text[:400]) if text else type(error).__name__
