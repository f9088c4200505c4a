"""Writes a model folder as a GGUF file, as llama.cpp's converter would, for tests.

    python writeGguf.py FOLDER FILE TYPE

TYPE is BF16, F16 or Q8_0.
"""

import json
import sys

import gguf
import numpy
import torch
from safetensors import safe_open

folder, path, kind = sys.argv[1:]
config = json.load(open(f"{folder}/config.json"))
tokenizer = json.load(open(f"{folder}/tokenizer.json"))
described = json.load(open(f"{folder}/tokenizer_config.json"))
architecture = config["model_type"]
writer = gguf.GGUFWriter(path, architecture)
heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
writer.add_block_count(config["num_hidden_layers"])
writer.add_context_length(config["max_position_embeddings"])
writer.add_embedding_length(config["hidden_size"])
writer.add_feed_forward_length(config["intermediate_size"])
writer.add_head_count(heads)
writer.add_head_count_kv(kv_heads)
writer.add_key_length(config["head_dim"])
writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
writer.add_rope_freq_base(config["rope_theta"])

ids = dict(tokenizer["model"]["vocab"])
special = {entry["content"]: entry for entry in tokenizer["added_tokens"]}
ids.update({text: entry["id"] for text, entry in special.items()})
texts = [f"[PAD{number}]" for number in range(config["vocab_size"])]
types = [gguf.TokenType.UNUSED] * len(texts)
for text, number in ids.items():
    entry = special.get(text)
    texts[number] = text
    types[number] = (
        gguf.TokenType.NORMAL
        if entry is None
        else gguf.TokenType.CONTROL if entry["special"] else gguf.TokenType.USER_DEFINED
    )
merges = [m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]]
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("qwen2")
writer.add_token_list(texts)
writer.add_token_types(types)
writer.add_token_merges(merges)
writer.add_eos_token_id(config["eos_token_id"])
writer.add_add_bos_token(False)
writer.add_chat_template(described["chat_template"])

names = gguf.get_tensor_name_map(
    gguf.MODEL_ARCH[architecture.upper()], config["num_hidden_layers"]
)


def permute(values, count):
    """As convert_hf_to_gguf.py has it for Llama."""
    shape = values.shape
    return values.reshape(count, 2, shape[0] // count // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


weights = safe_open(f"{folder}/model.safetensors", "pt")
for name in weights.keys():
    values = weights.get_tensor(name).to(torch.float32).numpy()
    if architecture == "llama" and "q_proj" in name:
        values = permute(values, heads)
    if architecture == "llama" and "k_proj" in name:
        values = permute(values, kv_heads)
    stored = gguf.GGMLQuantizationType[kind]
    if values.ndim == 1:
        stored = gguf.GGMLQuantizationType.F32
    data = gguf.quants.quantize(numpy.ascontiguousarray(values), stored)
    writer.add_tensor(names.get_name(name, (".weight", ".bias")), data, raw_dtype=stored)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
