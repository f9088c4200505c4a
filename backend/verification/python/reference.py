"""The float model: runs the prompts, and keeps what goes into and comes out of every layer.

    python reference.py '{"source": ..., "tokenizer": ..., "work": ..., "prompts": [...],
                          "maxLength": ..., "newTokens": ...}'

For the prompt p it writes into `work`, in float32 unless said otherwise:
  p/tokens.npy      [T] int64, the prompt and the tokens the float model chose after it
  p/hidden_i.npy    [T, H], what goes into layer i; after the last layer, what goes into the head
  p/k_i.npy, v_i    [T, kvHeads, headDim], keys after rotation, and values
  p/logits.npy      [newTokens, V], from the prompt's last token on
"""

import json
import os
import subprocess
import sys
import warnings
from typing import Any, List

from report import describe, say

warnings.simplefilter("ignore")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache  # noqa: E402


def load(source: str) -> Any:
    """Never runs code of the model's, and reads no pickles."""
    config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    # As it is stored, and computed in float32 all the same: see compute_in_float32.
    stored = getattr(config, "dtype", None)
    if stored not in (torch.bfloat16, torch.float16):
        stored = torch.float32
    return AutoModelForCausalLM.from_pretrained(
        source,
        config=config,
        dtype=stored,
        trust_remote_code=False,
        use_safetensors=True,
        attn_implementation="eager",
    )


def unpack(source: str, work: str) -> str:
    """A GGUF as the folder that it was converted from: a conversion unpacks it in the same way."""
    say("progress", step="Unpacking %s" % os.path.basename(source))
    folder = os.path.join(work, "source")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "import_gguf.py")
    command = [sys.executable, script, source, folder]
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if ended.returncode != 0:
        said = ended.stderr.strip().splitlines() or ["exit code %d" % ended.returncode]
        raise ValueError("the GGUF cannot be unpacked: %s" % said[-1])
    return folder


def compute_in_float32(model: Any) -> None:
    """16-bit weights widen one layer at a time: the result is float32's, in half of its memory."""
    stored = model.dtype
    if stored == torch.float32:
        return
    parts = [*model.model.layers, model.model.norm, model.lm_head]

    def widen(part: Any, args: Any, kwargs: Any) -> Any:
        part.float()
        floats = lambda x: x.float() if torch.is_tensor(x) and x.is_floating_point() else x  # noqa: E731
        kwargs = {
            key: tuple(map(floats, value)) if isinstance(value, tuple) else floats(value)
            for key, value in kwargs.items()
        }
        return tuple(map(floats, args)), kwargs

    for part in parts:
        part.register_forward_pre_hook(widen, with_kwargs=True)
        part.register_forward_hook(lambda part, *_: part.to(stored) and None)
    # Rotation, mask and all that follows take the type of the embeddings.
    model.model.embed_tokens.register_forward_hook(lambda part, args, out: out.float())


def keep_layers(model: Any, kept: List[Any]) -> None:
    """`kept` gets the input of each layer, then the output of the final norm."""
    for layer in model.model.layers:
        layer.register_forward_pre_hook(lambda layer, args, kwargs: kept.append(
            (args[0] if args else kwargs["hidden_states"])[0].float()), with_kwargs=True)
    model.model.norm.register_forward_hook(lambda part, args, out: kept.append(out[0].float()))


def choose(model: Any, ids: List[int], count: int) -> List[int]:
    """The likeliest tokens, one by one."""
    cache = DynamicCache(config=model.config)
    given = torch.tensor([ids])
    chosen: List[int] = []
    for _ in range(count):
        out = model(input_ids=given, past_key_values=cache, use_cache=True)
        chosen.append(int(out.logits[0, -1].argmax()))
        given = torch.tensor([chosen[-1:]])
    return chosen


def main(options: Any) -> None:
    source = options["source"]
    if os.path.isfile(source):
        source = unpack(source, options["work"])
    say("progress", step="Loading the float model")
    tokenizer = Tokenizer.from_file(options["tokenizer"])
    model = load(source).eval()
    config = model.config
    compute_in_float32(model)
    kept: List[Any] = []
    for index, text in enumerate(options["prompts"]):
        say("progress", step="Running the float model", done=index, total=len(options["prompts"]))
        ids = tokenizer.encode(text, add_special_tokens=False).ids[: options["maxLength"]]
        if not ids or max(ids) >= config.vocab_size:
            raise ValueError("the tokenizer is not this model's: it makes %s of a prompt" % ids[:8])
        chosen = choose(model, ids, options["newTokens"])
        if index == 0:
            keep_layers(model, kept)
        kept.clear()
        cache = DynamicCache(config=config)
        # One pass over all of it: a layer's rows depend on those before them only.
        all_ids = ids + chosen[:-1]
        out = model(input_ids=torch.tensor([all_ids]), past_key_values=cache, use_cache=True)
        folder = os.path.join(options["work"], str(index))
        os.makedirs(folder, exist_ok=True)
        np.save(os.path.join(folder, "tokens.npy"), np.array(ids + chosen))
        for i, rows in enumerate(kept):
            np.save(os.path.join(folder, "hidden_%d.npy" % i), rows.numpy())
        for i, layer in enumerate(cache.layers):
            for name, values in (("k", layer.keys), ("v", layer.values)):
                rows = values[0].transpose(0, 1).float().contiguous().numpy()
                np.save(os.path.join(folder, "%s_%d.npy" % (name, i)), rows)
        logits = out.logits[0, len(ids) - 1:].float().numpy()
        np.save(os.path.join(folder, "logits.npy"), logits)
        say("prompt", prompt=tokenizer.decode(ids), tokens=ids, expected=chosen)
        # Hooks of the later passes are the same; the choosing of the next prompt fills it again.
        kept.clear()
    say("done")


if __name__ == "__main__":
    try:
        with torch.inference_mode():
            main(json.loads(sys.argv[1]))
    except (Exception, SystemExit) as error:
        say("failed", reason=describe(error))
        sys.exit(1)
