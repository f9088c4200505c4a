"""Turns a model folder into one graph for each net, and says how each is compiled.

    python lower.py PARAMETERS

PARAMETERS is a JSON object. The vendor's own converter does the work, by its classes; its main
program is not used, for it would unpickle weights, compile all nets without saying how far it is,
and give every layer the same precision. Each graph that is whole gets a marker, so that the next
run skips it. Prints JSON lines; whatever the compiler prints goes to the standard error.
"""

import concurrent.futures
import json
import os
import shlex
import sys
import types
import zipfile

out = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


def say(**fields):
    print(json.dumps(fields), file=out, flush=True)


import tpu_mlir  # noqa: E402,F401  It sets the search paths of everything below.
import numpy as np  # noqa: E402
from llm.LlmConverter import LlmConverter  # noqa: E402
from llm.LlmInfo import LlmList  # noqa: E402
from llm.ModelHandle import SafetensorsModelHandle  # noqa: E402
from llm.transformers_compat import load_auto_config  # noqa: E402


class Converter(LlmConverter):
    """One model. The folder `work` gets a folder for each net."""

    def __init__(self, parameters, work):
        self.kept = set(parameters["keepHigh"])
        self.tasks = []
        config = load_auto_config(parameters["model"])
        # Weights are read as 32-bit floats, so their own type decides nothing.
        half = "bf16" if "bf16" in parameters["quantization"] else "f16"
        config["dtype"] = {"bf16": "bfloat16", "f16": "float16"}[half]
        arguments = types.SimpleNamespace(
            model_path=parameters["model"],
            seq_length=parameters["sequenceLength"],
            max_input_length=parameters["maxInputLength"],
            # All that is made of it: the lengths of decode.
            chunk_length=parameters["shortestDecode"],
            quantize=parameters["quantization"],
            q_group_size=parameters["groupSize"],
            symmetric=parameters["isSymmetric"],
            num_device=parameters["devices"],
            embedding_disk=parameters["isEmbeddingOnDisk"],
            dynamic=parameters["isDynamic"],
            use_history_kv=parameters["hasPrefixReuse"],
            do_sample=parameters["hasLogits"],
            chip=parameters["target"],
            distribute_strategy="tp",
            num_core=0,
            batch=1,
            lora_max_rank=0,
            debug=False,
            gen_test_input=False,
            only_mlir=False,
            again=False,
            out_dir=work,
        )
        super().__init__(arguments, config, loader=SafetensorsModelHandle(parameters["model"]))
        self.bmodel_dir = os.path.join(work, "nets")
        self.config_dir = os.path.join(work, "tables")

    @staticmethod
    def save_mlir_module(mlir_module, name):
        """Checks the graph, and leaves it alone: the check writes all weights a second time."""
        LlmConverter.save_mlir_module(mlir_module, name)
        for entry in os.listdir(name):
            if entry != f"{name}.mlir":
                os.remove(os.path.join(name, entry))

    def register_bmodel(self, name, with_size=True):
        (self.all_bmodels if with_size else self.all_bmodels_without_bytes).append(name)
        return False

    def add_task(self, command, log_file):
        # pushd NAME && | model_deploy.py | its arguments ... | && popd
        # Paths are not quoted in it, and the folder's own may have spaces.
        arguments = shlex.split(" ".join(command[2:-1]).replace(self.bmodel_dir, ".."))
        self.tasks.append({"name": log_file[: -len(".log")], "arguments": arguments})

    def at_precision_of(self, layer, compile_net):
        """Compiles a layer with 16-bit weights when it is to be kept so."""
        usual = self.quantize
        if layer in self.kept:
            self.quantize = self.half_precision_quantize
        try:
            compile_net(layer)
        finally:
            self.quantize = usual

    def gen_embedding_lmhead_mlir(self):
        """For several chips the head normalizes first, and the converter forgets those weights."""
        super().gen_embedding_lmhead_mlir()
        if self.num_device > 1:
            norm = self.model_info.weights[LlmList.NORM] + ".weight"
            with zipfile.ZipFile("lm_head_top_weights.npz", "a") as weights:
                with weights.open(norm + ".npy", "w") as file:
                    np.lib.format.write_array(file, self.model.read(norm))

    def lower(self):
        """Graphs that are not there yet, several at a time."""
        steps = [("tables", self.gen_embedding_lmhead_mlir)]
        if not self.lmhead_with_topk:
            steps.append(("heads", self.gen_sample_head_mlir))
        for layer in range(self.num_layers):
            steps.append((f"block_{layer}", lambda layer=layer: self.gen_block_mlir(layer)))
        left = [step for step in steps if not os.path.exists(marker(step[0]))]
        done = len(steps) - len(left)
        say(kind="lowered", done=done, total=len(steps))

        table = os.path.join(self.config_dir, "embedding.bin")
        if not os.path.exists(marker("tables")) and os.path.exists(table):
            # Half of one would be taken for the whole.
            os.remove(table)

        def run(step):
            name, generate = step
            generate()
            with open(marker(name), "w"):
                pass

        workers = min(4, os.cpu_count() or 1)
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            running = [pool.submit(run, step) for step in left]
            try:
                for finished in concurrent.futures.as_completed(running):
                    finished.result()
                    done += 1
                    say(kind="lowered", done=done, total=len(steps))
            except BaseException:
                for other in running:
                    other.cancel()
                raise

    def plan(self):
        """Every net's compilation, in the order in which they may begin."""
        if not self.embedding_disk:
            self.compile_common("embedding", with_size=True)
            self.compile_common("embedding_cache", with_size=False)
        self.compile_lm_head()
        if not self.lmhead_with_topk:
            self.compile_greedy_head()
            self.compile_sample_head()
        for layer in range(self.num_layers):
            self.at_precision_of(layer, self.compile_block)
            self.at_precision_of(layer, self.compile_block_cache)
            if self.use_history_kv:
                self.at_precision_of(layer, self.compile_block_kv)
        first = len(self.tasks)
        if self.decode_chunk_list:
            for layer in range(self.num_layers):
                with Placeholder(f"block_cache_{layer}/io_alone_config.json"):
                    self.at_precision_of(layer, self.compile_block_cache_chunk)
        say(
            kind="plan",
            # The second ones read what the first ones write.
            stages=[self.tasks[:first], self.tasks[first:]],
            combine=self.all_bmodels + self.all_bmodels_without_bytes,
            # Nets whose weights no other net has.
            distinct=self.all_bmodels,
        )


class Placeholder:
    """A file that is asked for before it is written."""

    def __init__(self, path):
        self.path = path
        self.is_ours = not os.path.exists(path)

    def __enter__(self):
        if self.is_ours:
            open(self.path, "w").close()

    def __exit__(self, *_):
        if self.is_ours:
            os.remove(self.path)


def marker(name):
    return os.path.join("..", "lowered", name)


parameters = json.loads(sys.argv[1])
work = parameters["work"]
for folder in ("nets", "tables", "lowered"):
    os.makedirs(os.path.join(work, folder), exist_ok=True)
converter = Converter(parameters, work)
os.chdir(converter.bmodel_dir)
converter.lower()
converter.plan()
