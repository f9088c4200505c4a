"""Writes one layer, or the output head, of a model with random weights for the compiler.

Called with a JSON object, in the folder to write to, where config.json has the model's dimensions.
Prints one line of JSON for each net: its name, its folder, and the arguments with which the
compiler's own converter would have it built. Everything else that is printed goes to stderr.
"""

import json
import os
import sys
from types import SimpleNamespace

import tpu_mlir  # noqa: F401  Sets the library path, which only a new process sees.

if os.environ.get("TPU_PILOT_DESCRIBES") != "1":
    os.environ["TPU_PILOT_DESCRIBES"] = "1"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import numpy as np
from llm.LlmConverter import LlmConverter
from llm.ModelHandle import SafetensorsModelHandle
from llm.transformers_compat import load_auto_config


class RandomWeights(SafetensorsModelHandle):
    """Stands in for a folder with safetensors: any tensor of the right shape will do."""

    def __init__(self, config):
        self.model = self
        self.model_path = "."
        hidden, inner = config.hidden_size, config.intermediate_size
        query = config.num_attention_heads * config.head_dim
        kv = config.num_key_value_heads * config.head_dim
        layer = "model.layers.0."
        attention, mlp = layer + "self_attn.", layer + "mlp."
        self.shapes = {
            "model.embed_tokens.weight": (config.vocab_size, hidden),
            "lm_head.weight": (config.vocab_size, hidden),
            "model.norm.weight": (hidden,),
            layer + "input_layernorm.weight": (hidden,),
            layer + "post_attention_layernorm.weight": (hidden,),
            attention + "q_proj.weight": (query, hidden),
            attention + "k_proj.weight": (kv, hidden),
            attention + "v_proj.weight": (kv, hidden),
            attention + "o_proj.weight": (hidden, query),
            mlp + "gate_proj.weight": (inner, hidden),
            mlp + "up_proj.weight": (inner, hidden),
            mlp + "down_proj.weight": (hidden, inner),
        }
        if config.model_type == "qwen3":
            for name in ("q_norm", "k_norm"):
                self.shapes[attention + name + ".weight"] = (config.head_dim,)
        if config.model_type == "qwen2":
            for name, width in (("q_proj", query), ("k_proj", kv), ("v_proj", kv)):
                self.shapes[attention + name + ".bias"] = (width,)

    def is_exist(self, key):
        return key in self.shapes

    def read(self, key):
        random = np.random.default_rng(0)
        return random.standard_normal(self.shapes[key], dtype=np.float32) * np.float32(0.02)


class Describer(LlmConverter):
    """Goes as far as the converter goes before it compiles, and keeps its commands."""

    def __init__(self, args, config, weights, small_mask):
        self.small_mask = small_mask
        self.kept = {}
        super().__init__(args, config, loader=weights)

    def use_small_mask(self):
        return self.small_mask

    def add_task(self, command, log_file):
        words = " ".join(command).split()
        # pushd NAME && model_deploy.py ARGUMENTS && popd
        self.kept[words[1]] = words[words.index("model_deploy.py") + 1 : words.index("popd") - 1]


def main(asked):
    config = load_auto_config(".", trust_remote_code=False)
    dynamic = asked["prefill"] == "dynamic"
    args = SimpleNamespace(
        model_path=".",
        out_dir=".",
        chip="bm1684x",
        seq_length=asked["sequenceLength"],
        max_input_length=asked["inputLength"],
        chunk_length=asked["shortestDecode"],
        quantize=asked["quantization"],
        q_group_size=asked["groupSize"],
        symmetric=asked["isSymmetric"],
        dynamic=dynamic,
        use_history_kv=asked["hasPrefixReuse"],
        num_device=1,
        num_core=0,
        batch=1,
        embedding_disk=False,
        do_sample=True,
        lora_max_rank=0,
        debug=True,
        gen_test_input=False,
        only_mlir=False,
        again=False,
    )
    describer = Describer(args, config, RandomWeights(config), dynamic)
    if asked["part"] == "head":
        describer.gen_embedding_lmhead_mlir()
        describer.compile_lm_head()
    else:
        describer.gen_block_mlir(0)
        describer.compile_block(0)
        describer.compile_block_kv(0)
        describer.compile_block_cache(0)
    for folder, arguments in with_stages(describer.kept).items():
        if os.path.exists(os.path.join(folder, folder + ".mlir")):
            print(json.dumps({"net": folder, "arguments": arguments}), file=answers, flush=True)


def with_stages(kept):
    """The shorter stages of decode too: the same, as far as time goes, under names of their own.

    The converter builds them last, at the addresses that the first one was given.
    """
    every = {}
    for folder, arguments in kept.items():
        plain = list(arguments)
        if "--save_io_alone_config" in plain:
            at = plain.index("--save_io_alone_config")
            del plain[at : at + 2]
        every[folder] = plain
        for other in sorted(os.listdir(".")):
            if folder.startswith("block_cache") and other.startswith(folder + "_"):
                every[other] = [word.replace(folder + ".", other + ".") for word in plain]
    return every


main(json.loads(sys.argv[1]))
