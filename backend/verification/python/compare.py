"""Runs cases one after the other and compares what comes out with what should.

    python compare.py '{"bmodel": ..., "work": ..., "launches": ..., "promptTokens": [...],
                        "layers": ..., "cases": [...]}'

A case is {"net": NAME} or {"given": NAME or null, "input": FILE, "reference": FILE}.
"""

import json
import os
import sys
from typing import Any, Dict

from report import describe, say

from cases import Prompt, Source, run_net  # noqa: E402
from device import Device, LaunchFailed  # noqa: E402
from figures import compare  # noqa: E402
from given import DoesNotFit, run_given  # noqa: E402


def run_case(device: Device, options: Any, source: Source, case: Any) -> Dict[str, Any]:
    if "net" in case:
        pairs = run_net(device, case["net"], source)
    else:
        pairs = run_given(device, os.path.dirname(options["bmodel"]), case)
    return {"tensors": [compare(label, a, b) for label, (a, b) in pairs.items()]}


def main(options: Any) -> None:
    prompts = [
        Prompt(os.path.join(options["work"], str(i)), count)
        for i, count in enumerate(options["promptTokens"])
    ]
    source = Source(prompts, options["layers"])
    device = Device(options["launches"])
    for index, case in enumerate(options["cases"]):
        say("started", index=index)
        try:
            say("finished", index=index, **run_case(device, options, source, case))
        except DoesNotFit as error:
            say("refused", index=index, reason=str(error))
        except LaunchFailed as error:
            say("failed", index=index, reason=str(error))
        except Exception as error:
            say("failed", index=index, reason=describe(error))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
