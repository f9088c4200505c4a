"""Runs cases on the emulator, one after the other. It may die at any of them: what it was at is
the last line of kind "started".

    python emulate.py '{"libraries": ..., "bmodel": ..., "work": ..., "tokenizer": ...,
                        "promptTokens": [...], "layers": ..., "cases": [...]}'

A case is {"net": NAME}, {"prompt": INDEX, "newTokens": N} or {"given": NAME or null, "input":
FILE, "reference": FILE}.
"""

import json
import os
import sys
from typing import Any, Dict

from report import describe, say

import numpy as np  # noqa: E402
from cases import Prompt, Source, run_net  # noqa: E402
from decoder import Decoder  # noqa: E402
from emulator import Emulator  # noqa: E402
from figures import compare  # noqa: E402
from given import DoesNotFit, run_given  # noqa: E402


def run_case(emulator: Emulator, options: Any, source: Source, case: Any) -> Dict[str, Any]:
    if "net" in case:
        pairs = run_net(emulator, case["net"], source)
        return {"tensors": [compare(label, a, b) for label, (a, b) in pairs.items()]}
    if "given" in case:
        pairs = run_given(emulator, os.path.dirname(options["bmodel"]), case)
        return {"tensors": [compare(label, a, b) for label, (a, b) in pairs.items()]}
    return decode(emulator, options, source.prompts[case["prompt"]], case["newTokens"])


def decode(emulator: Emulator, options: Any, prompt: Prompt, count: int) -> Dict[str, Any]:
    """The tokens, and where they leave the float model's: how much it minds."""
    decoder = Decoder(emulator, os.path.dirname(options["bmodel"]))
    token, _ = decoder.head(decoder.prefill(prompt.tokens[: prompt.count].tolist()))
    actual = [token]
    while len(actual) < count:
        token, _ = decoder.head(decoder.decode(token))
        actual.append(token)
    fields: Dict[str, Any] = {"actual": actual, "text": text_of(options["tokenizer"], actual)}
    expected = prompt.tokens[prompt.count :].tolist()
    for position, (wanted, got) in enumerate(zip(expected, actual)):
        if wanted == got:
            continue
        logits = prompt.logits[position]
        in_range = 0 <= got < len(logits)
        gap = float(logits[wanted] - logits[got]) if in_range else float(np.ptp(logits))
        fields["difference"] = {"position": position, "gap": gap, "spread": float(logits.std())}
        break
    return fields


def text_of(tokenizer: str, ids: Any) -> str:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(tokenizer).decode(ids)


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
