"""Greedy tokens of Qwen models by PyTorch, of those prompts where no token is a near tie.

    python greedyTokens.py REQUEST.JSON ANSWER.JSON

The request is a list of `folder` (a model in Hugging Face's layout), `groups`, `count` and `margin`.
A group is a list of conversations, a conversation a list of turns, and a turn a list of tokens that
come after all that was there and was answered before. The answer has for each model and group the
first conversation that is clear: its `index`, and `answers`, the `count` tokens after each turn; null
when none is. Not clear is one where the likeliest token's logit is less than `margin` standard
deviations above the next one's, in 32 bits or in 16: rounding alone could decide that.
"""

import json
import sys

import torch
from transformers import AutoModelForCausalLM

torch.set_grad_enabled(False)
torch.set_num_threads(1)


def likeliest(models, sequence, margin):
    tokens = set()
    for model in models:
        logits = model(torch.tensor([sequence]), use_cache=False).logits[0, -1].float()
        (best, second), (token, _) = torch.topk(logits, 2)
        if best - second < margin * logits.std():
            return None
        tokens.add(int(token))
    return tokens.pop() if len(tokens) == 1 else None


def answer(models, turns, count, margin):
    sequence, answers = [], []
    for turn in turns:
        sequence = sequence + turn
        for _ in range(count):
            token = likeliest(models, sequence, margin)
            if token is None:
                return None
            sequence.append(token)
        answers.append(sequence[-count:])
    return answers


def first_clear(models, conversations, count, margin):
    for index, turns in enumerate(conversations):
        answers = answer(models, turns, count, margin)
        if answers is not None:
            return {"index": index, "answers": answers}
    return None


with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
result = []
for asked in request:
    models = [
        AutoModelForCausalLM.from_pretrained(asked["folder"], dtype=dtype).eval()
        for dtype in (torch.float32, torch.bfloat16)
    ]
    count, margin = asked["count"], asked["margin"]
    result.append([first_clear(models, group, count, margin) for group in asked["groups"]])
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(result, file)
