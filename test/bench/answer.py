"""The float model's answer to a question, as the files that `tpu-pilot verify` takes.

    python answer.py FLOAT_FOLDER QUESTION TOKENS INPUT.bin REFERENCE.bin

Prints one line of JSON: how many tokens the prompt and the answer have, and the answer.
"""

import json
import os
import sys

lines = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import numpy  # noqa: E402
import torch  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

folder, question, count, given, expected = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
prompt = tokenizer.apply_chat_template(
    [{"role": "user", "content": question}], add_generation_prompt=True, tokenize=False
)
ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
model = AutoModelForCausalLM.from_pretrained(
    folder, dtype=torch.float32, trust_remote_code=False, use_safetensors=True
)
with torch.inference_mode():
    out = model.generate(torch.tensor([ids]), max_new_tokens=int(count), do_sample=False)
answer = out[0, len(ids):].tolist()
numpy.array(ids, dtype=numpy.int32).tofile(given)
numpy.array(answer, dtype=numpy.int32).tofile(expected)
text = tokenizer.decode(answer, skip_special_tokens=True)
print(json.dumps({"prompt": len(ids), "answer": len(answer), "text": text}), file=lines)
