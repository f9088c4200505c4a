"""Compares tokens that were decoded elsewhere with the float model's: one line for each prompt.

    python answers.py '{"work": ..., "tokenizer": ..., "promptTokens": [...], "answers": [[...]]}'
"""

import json
import os
import sys
from typing import Any, Dict, List

from report import say

import numpy as np  # noqa: E402
from cases import Prompt  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402


def difference(prompt: Prompt, actual: List[int]) -> Dict[str, Any]:
    """The first one, if there is any: how much likelier the float model finds its own choice."""
    expected = prompt.tokens[prompt.count :].tolist()
    for position, (wanted, got) in enumerate(zip(expected, actual)):
        if wanted == got:
            continue
        logits = prompt.logits[position]
        in_range = 0 <= got < len(logits)
        gap = float(logits[wanted] - logits[got]) if in_range else float(np.ptp(logits))
        return {"difference": {"position": position, "gap": gap, "spread": float(logits.std())}}
    return {}


def main(options: Any) -> None:
    tokenizer = Tokenizer.from_file(options["tokenizer"])
    for index, (count, actual) in enumerate(zip(options["promptTokens"], options["answers"])):
        prompt = Prompt(os.path.join(options["work"], str(index)), count)
        say("answer", text=tokenizer.decode(actual), **difference(prompt, actual))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
