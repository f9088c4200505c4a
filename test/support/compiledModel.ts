/** Small random language models with a tokenizer of their own, compiled by the real compiler. */
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Steps } from '../../backend/toolchain/steps.ts';
import { hasSucceeded, lastWords } from '../../backend/toolchain/toolEnd.ts';

export interface TinyModel {
  readonly architecture: 'Qwen3' | 'Qwen2' | 'Llama';
  readonly layers: number;
  /** How much larger weights are than at the start of a training; then choices are clearer. */
  readonly gain?: number;
}

const makeModel = `
import sys, torch, transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
out, name, layers = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.manual_seed(11)
settings = dict(vocab_size=512, hidden_size=128, intermediate_size=256, num_hidden_layers=layers,
    num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128)
if name == "Qwen3": settings["head_dim"] = 32
config = getattr(transformers, name + "Config")(**settings)
model = getattr(transformers, name + "ForCausalLM")(config)
with torch.no_grad():
    for values in model.parameters():
        if values.dim() > 1: values.mul_(float(sys.argv[4]))
model.to(torch.bfloat16).save_pretrained(out)
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
texts = ["The capital of France is Paris. Write a bubble sort in C++: def add(a, b): return a + b"]
alphabet = pre_tokenizers.ByteLevel.alphabet()
tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
    vocab_size=512, initial_alphabet=alphabet, special_tokens=["<|endoftext|>"]))
transformers.PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, eos_token="<|endoftext|>").save_pretrained(out)
`;

/** The converter itself: what is installed as a program starts it as another process. */
const startConverter = `
import os, sys
import tpu_mlir
tool = os.path.join(os.environ["TPUC_ROOT"], "python/tools/llm_convert.py")
os.execv(sys.executable, [sys.executable, "-c", sys.argv[1], tool, *sys.argv[2:]])
`;

/** With the keys and values that layer 1 hands out in decode made to nothing. */
const convertWrongly = `
import runpy, sys
from mlir.ir import Location
import mlir.dialects.top as top
from transform.MLIRImporter import MLIRImporter
right = MLIRImporter.create_return_op
def wrong(self, ops, *rest):
    if self.model_name.startswith("block_cache_1"):
        def dropped(op, name):
            place = Location.fused([Location.name(name)], context=self.ctx)
            nothing = top.MulConstOp(op.type, op, const_val=0.0, loc=place, ip=self.insert_point)
            return nothing.output
        ops = [ops[0], dropped(ops[1], "k_dropped"), dropped(ops[2], "v_dropped")]
    return right(self, ops, *rest)
MLIRImporter.create_return_op = wrong
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
`;

/** Saves a model as transformers does. */
export async function makeTinyModel(
  steps: Steps,
  folder: string,
  { architecture, layers, gain = 4 }: TinyModel,
): Promise<void> {
  const { python } = steps.layout;
  const numbers = [layers, gain].map(String);
  const ended = await steps.run(python, ['-c', makeModel, folder, architecture, ...numbers]);
  if (!hasSucceeded(ended)) throw new Error(lastWords(ended));
}

export interface TinyBuild {
  readonly quantization: string;
  /** Of llm_convert.py, besides the model, its length and its type. */
  readonly options?: readonly string[];
  /** Without the keys and values of layer 1. */
  readonly isMiscompiled?: boolean;
}

/** Compiles `source` into a model folder at `out`, with the manifest that a verification reads. */
export async function compileTinyModel(
  steps: Steps,
  source: string,
  out: string,
  { quantization, options = [], isMiscompiled = false }: TinyBuild,
): Promise<void> {
  const { python } = steps.layout;
  const convert = path.join(path.dirname(python), 'llm_convert.py');
  const work = `${out}.work`;
  const args = ['-m', source, '-s', '64', '-q', quantization, '-c', 'bm1684x', '-o', work];
  const script = isMiscompiled ? ['-c', startConverter, convertWrongly] : [convert];
  const ended = await steps.run(python, [...script, ...args, ...options]);
  const names = await readdir(work).catch(() => []);
  const built = names.find((name) => name.endsWith('.bmodel'));
  if (built === undefined) throw new Error(`No bmodel: ${lastWords(ended)}`);
  const entry = 'tiny.bmodel';
  await cp(path.join(work, built), path.join(out, entry));
  for (const name of ['config.json', 'tokenizer.json']) {
    await cp(path.join(source, name), path.join(out, name));
  }
  await rm(work, { recursive: true });
  const bytes = await readFile(path.join(out, entry));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const manifest = {
    manifestVersion: 1,
    id: 'tiny',
    entry,
    files: [{ name: entry, size: bytes.length, sha256 }],
    conversion: { source: { path: source }, options: { quantization } },
  };
  await writeFile(path.join(out, 'manifest.json'), JSON.stringify(manifest));
}
