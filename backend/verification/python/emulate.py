"""Runs cases on the emulator, one after the other. It may die at any of them: what it was at is
the last line of kind "started".

    python emulate.py '{"libraries": ..., "bmodel": ..., "work": ..., "promptTokens": [...],
                        "layers": ..., "cases": [...]}'

A case is {"net": NAME} or {"given": NAME or null, "input": FILE, "reference": FILE}.
"""

import json
import os
import sys
from typing import Any, Dict

from report import describe, say

from cases import Prompt, Source, run_net  # noqa: E402
from emulator import Emulator  # noqa: E402
from figures import compare  # noqa: E402
from given import DoesNotFit, run_given  # noqa: E402


def run_case(emulator: Emulator, options: Any, source: Source, case: Any) -> Dict[str, Any]:
    if "net" in case:
        pairs = run_net(emulator, case["net"], source)
        return {"tensors": [compare(label, a, b) for label, (a, b) in pairs.items()]}
    pairs = run_given(emulator, os.path.dirname(options["bmodel"]), case)
    return {"tensors": [compare(label, a, b) for label, (a, b) in pairs.items()]}


def main(options: Any) -> None:
    prompts = [
        Prompt(os.path.join(options["work"], str(i)), count)
        for i, count in enumerate(options["promptTokens"])
    ]
    source = Source(prompts, options["layers"])
    emulator = Emulator(options["libraries"], options["bmodel"])
    say("loaded")
    for index, case in enumerate(options["cases"]):
        say("started", index=index)
        try:
            say("finished", index=index, **run_case(emulator, options, source, case))
        except DoesNotFit as error:
            say("refused", index=index, reason=str(error))
            emulator.free_buffers()
        except Exception as error:
            say("failed", index=index, reason=describe(error))
            emulator.free_buffers()
    emulator.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
