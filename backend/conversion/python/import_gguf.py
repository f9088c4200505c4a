"""Unpacks a GGUF file into a model folder as Hugging Face has them.

    python import_gguf.py FILE FOLDER

Weights are read as they are and written one by one as 16-bit floats, whose rounding is far below
what 4 or 8 bits have lost already; bfloat16 stays bfloat16. Tokenizer: the file's own vocabulary,
merges and special tokens, and the way of splitting text that llama.cpp has for its name. Prints
JSON lines.
"""

import json
import os
import struct
import sys

out = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

import numpy  # noqa: E402
from gguf import GGMLQuantizationType, GGUFReader  # noqa: E402
from gguf.quants import dequantize  # noqa: E402

# Regular expressions of llama.cpp (src/llama-vocab.cpp, llm_tokenizer_bpe), joined as Hugging Face
# has them.
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3 = QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")


def byte_level(use_regex):
    return {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": use_regex,
    }


def split(pattern):
    rule = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [rule, byte_level(False)]}


DIGITS = {"type": "Digits", "individual_digits": True}
PRE_TOKENIZERS = {
    "qwen2": split(QWEN2),
    "llama-bpe": split(LLAMA3),
    "smollm": {"type": "Sequence", "pretokenizers": [DIGITS, byte_level(True)]},
    "gpt-2": byte_level(True),
}

NORMAL, CONTROL = 1, 3
# Of llama.cpp's names, what comes before and after the number of the layer.
MATRICES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
TABLES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


class Source:
    def __init__(self, path):
        self.reader = GGUFReader(path)
        self.architecture = self.value("general.architecture")

    def value(self, key, default=None):
        field = self.reader.get_field(key)
        return default if field is None else field.contents()

    def size(self, key, default=None):
        return self.value(f"{self.architecture}.{key}", default)

    def heads(self):
        heads = self.size("attention.head_count")
        return heads, self.size("attention.head_count_kv", heads)

    def config(self):
        heads, kv_heads = self.heads()
        hidden = self.size("embedding_length")
        names = [tensor.name for tensor in self.reader.tensors]
        vocabulary = next(t for t in self.reader.tensors if t.name == "token_embd.weight").shape[1]
        classes = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}
        return {
            "architectures": [classes[self.architecture]],
            "model_type": self.architecture,
            "hidden_size": hidden,
            "intermediate_size": self.size("feed_forward_length"),
            "num_hidden_layers": self.size("block_count"),
            "num_attention_heads": heads,
            "num_key_value_heads": kv_heads,
            "head_dim": self.size("attention.key_length", hidden // heads),
            "hidden_act": "silu",
            "max_position_embeddings": self.size("context_length"),
            "rms_norm_eps": plain(self.size("attention.layer_norm_rms_epsilon", 1e-6)),
            "rope_theta": plain(self.size("rope.freq_base", 10000.0)),
            "tie_word_embeddings": "output.weight" not in names,
            "vocab_size": int(vocabulary),
            "dtype": "bfloat16" if self.has(GGMLQuantizationType.BF16) else "float16",
            "bos_token_id": self.value("tokenizer.ggml.bos_token_id"),
            "eos_token_id": self.value("tokenizer.ggml.eos_token_id"),
        }

    def has(self, kind):
        return any(tensor.tensor_type == kind for tensor in self.reader.tensors)

    def tokens(self):
        texts = self.value("tokenizer.ggml.tokens")
        types = self.value("tokenizer.ggml.token_type", [NORMAL] * len(texts))
        return list(zip(texts, types))

    def tokenizer(self):
        """tokenizer.json of the library tokenizers."""
        added = [
            {
                "id": number,
                "content": text,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": kind == CONTROL,
            }
            for number, (text, kind) in enumerate(self.tokens())
            if kind != NORMAL
        ]
        pre = self.value("tokenizer.ggml.pre")
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": added,
            # Qwen's own normalizes; llama.cpp does not, and the texts here are normal already.
            "normalizer": {"type": "NFC"} if pre == "qwen2" else None,
            "pre_tokenizer": PRE_TOKENIZERS[pre],
            "post_processor": self.post_processor(),
            "decoder": byte_level(True),
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": False,
                "ignore_merges": pre == "llama-bpe",
                "vocab": {text: number for number, (text, _) in enumerate(self.tokens())},
                "merges": [merge.split(" ", 1) for merge in self.value("tokenizer.ggml.merges")],
            },
        }

    def post_processor(self):
        first = self.value("tokenizer.ggml.bos_token_id")
        if first is None or not self.value("tokenizer.ggml.add_bos_token", False):
            return byte_level(False)
        text = self.tokens()[first][0]
        begin = {"SpecialToken": {"id": text, "type_id": 0}}
        return {
            "type": "TemplateProcessing",
            "single": [begin, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [begin, *({"Sequence": {"id": name, "type_id": 0}} for name in "AB")],
            "special_tokens": {text: {"id": text, "ids": [first], "tokens": [text]}},
        }

    def tokenizer_config(self):
        tokens = self.tokens()
        config = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "add_bos_token": bool(self.value("tokenizer.ggml.add_bos_token", False)),
            "clean_up_tokenization_spaces": False,
            "model_max_length": self.size("context_length"),
            "added_tokens_decoder": {
                str(number): {"content": text, "special": kind == CONTROL}
                | dict.fromkeys(("lstrip", "rstrip", "normalized", "single_word"), False)
                for number, (text, kind) in enumerate(tokens)
                if kind != NORMAL
            },
        }
        for name, key in (("bos", "bos"), ("eos", "eos"), ("pad", "padding"), ("unk", "unknown")):
            number = self.value(f"tokenizer.ggml.{key}_token_id")
            if number is not None and number < len(tokens):
                config[f"{name}_token"] = tokens[number][0]
        template = self.value("tokenizer.chat_template")
        if template:
            config["chat_template"] = template
        return config

    def generation_config(self):
        """Everything that ends an answer: the end of the text, of a turn, of a message."""
        keys = ("eos", "eot", "eom")
        ends = [self.value(f"tokenizer.ggml.{key}_token_id") for key in keys]
        texts = ("<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<|end_of_text|>")
        ends += [n for n, (text, kind) in enumerate(self.tokens()) if kind == CONTROL and text in texts]
        config = {"eos_token_id": list(dict.fromkeys(end for end in ends if end is not None))}
        first = self.value("tokenizer.ggml.bos_token_id")
        if first is not None:
            config = {"bos_token_id": first, **config}
        return {**config, **self.sampling()}

    def sampling(self):
        """What the authors recommend, by the names of generation_config.json."""
        keys = {
            "temperature": "temp",
            "top_k": "top_k",
            "top_p": "top_p",
            "min_p": "min_p",
            "repetition_penalty": "penalty_repeat",
        }
        values = {name: self.value(f"general.sampling.{key}") for name, key in keys.items()}
        # Written as 32-bit floats: 0.6 is read back as 0.6000000238.
        return {name: round(value, 6) for name, value in values.items() if value is not None}

    def weights(self):
        """(name, type as safetensors names it, shape, function that gives the values)."""
        for tensor in self.reader.tensors:
            name = hugging_face_name(tensor.name)
            shape = [int(size) for size in reversed(tensor.shape)]
            is_brain = tensor.tensor_type == GGMLQuantizationType.BF16
            kind = "F32" if len(shape) == 1 else "BF16" if is_brain else "F16"
            yield name, kind, shape, lambda tensor=tensor, kind=kind, shape=shape: self.read(
                tensor, kind, shape
            )

    def read(self, tensor, kind, shape):
        if kind == "BF16":
            values = numpy.frombuffer(tensor.data.tobytes(), dtype="<u2").reshape(shape)
        else:
            values = dequantize(tensor.data, tensor.tensor_type).reshape(shape)
        if self.architecture == "llama":
            heads, kv_heads = self.heads()
            if ".attn_q." in tensor.name:
                values = interleave(values, heads)
            elif ".attn_k." in tensor.name:
                values = interleave(values, kv_heads)
        if kind == "F16":
            if numpy.abs(values).max(initial=0) > 65504:
                raise ValueError(f"{tensor.name} has values beyond 16-bit floats")
            values = values.astype("<f2")
        return numpy.ascontiguousarray(values)


def plain(number):
    """A 32-bit float as the shortest decimal that means it: 1e-06 and not 9.999999974752427e-07."""
    return float(str(numpy.float32(number)))


def hugging_face_name(name):
    if name in TABLES:
        return TABLES[name]
    parts = name.split(".")
    if len(parts) != 4 or parts[2] not in MATRICES:
        raise ValueError(f"the tensor {name} is not known")
    return f"model.layers.{int(parts[1])}.{MATRICES[parts[2]]}.{parts[3]}"


def interleave(values, heads):
    """llama.cpp keeps the two halves of each head of Llama's queries and keys interleaved."""
    rows = values.shape[0] // heads // 2
    shape = values.shape
    return values.reshape(heads, rows, 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def write_weights(source, path):
    """One safetensors file, a tensor at a time: https://github.com/huggingface/safetensors."""
    weights = list(source.weights())
    sizes = {"F32": 4, "F16": 2, "BF16": 2}
    header, end = {}, 0
    for name, kind, shape, _ in weights:
        start, end = end, end + sizes[kind] * int(numpy.prod(shape))
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for done, (_, _, _, read) in enumerate(weights, 1):
            file.write(read().data)
            print(json.dumps({"kind": "imported", "done": done, "total": len(weights)}), file=out)


def write_json(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=2)


source = Source(sys.argv[1])
folder = sys.argv[2]
os.makedirs(folder, exist_ok=True)
write_weights(source, os.path.join(folder, "model.safetensors"))
write_json(folder, "config.json", source.config())
write_json(folder, "generation_config.json", source.generation_config())
write_json(folder, "tokenizer_config.json", source.tokenizer_config())
write_json(folder, "tokenizer.json", source.tokenizer())
