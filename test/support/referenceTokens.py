"""Tokens by the original: the library tokenizers of Hugging Face.

    python referenceTokens.py TOKENIZER.JSON REQUEST.JSON ANSWER.JSON

The request has `texts`, the ids that are `special`, and `rounds` for timing. Special tokens in texts
stay text. The answer has the `ids` of each text, and the `seconds` that each round took.
"""

import json
import sys
import time

from tokenizers import Tokenizer

with open(sys.argv[1], encoding="utf-8") as file:
    tokenizer_json = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    request = json.load(file)
for token in tokenizer_json["added_tokens"]:
    token["special"] = token["id"] in request["special"]
tokenizer = Tokenizer.from_str(json.dumps(tokenizer_json))
tokenizer.encode_special_tokens = True


def encode(text):
    return tokenizer.encode(text, add_special_tokens=False).ids


seconds = []
for _ in range(request.get("rounds", 0)):
    begun = time.perf_counter()
    for text in request["texts"]:
        encode(text)
    seconds.append(time.perf_counter() - begun)
ids = [encode(text) for text in request["texts"]]
with open(sys.argv[3], "w", encoding="utf-8") as file:
    json.dump({"ids": ids, "seconds": seconds}, file)
