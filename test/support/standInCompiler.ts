/**
 * A toolchain whose Python is the system's and whose compiler writes bmodels that the test has
 * prepared, or fails in the way that the test asks for.
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ConversionEdges } from '../../backend/conversion/convert.ts';
import { expectedNets } from '../../backend/conversion/nets.ts';
import { chooseOptions, decodeStages } from '../../backend/conversion/options.ts';
import type { Script } from '../../backend/conversion/scripts.ts';
import { layerParameters, type ModelShape } from '../../backend/prediction/modelShape.ts';
import { ConversionOptions } from '../../backend/protocol/conversion.ts';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { buildBmodel, type BmodelParts } from './bmodelFile.ts';
import { run } from './run.ts';

/** Lines of Python that one part runs before, or instead of, what it does. */
export type Misbehaviour = Readonly<Record<string, string>>;

export const crash = 'import os, signal; os.kill(os.getpid(), signal.SIGSEGV)';
export const hang = 'import time; print("working", flush=True); time.sleep(600)';

type Nets = NonNullable<BmodelParts['nets']>;

/** What the compiler of the card would make of a model of that shape. */
export function netsOf(shape: ModelShape, asked: object): { names: string[]; nets: Nets } {
  const options = chooseOptions(shape, ConversionOptions.parse(asked));
  const nets = expectedNets(shape, options).map((net) => {
    const stage = (kvLength: number | undefined) => ({
      inputs: [
        { name: 'input', shape: net.firstInput },
        ...(kvLength === undefined
          ? []
          : [{ name: 'history_k', shape: [1, kvLength, shape.kvHeads, shape.headSize] }]),
      ],
      outputs: Array.from({ length: net.outputs }, (_, n) => ({ name: `out${n}`, shape: [1] })),
      isDynamic: net.isDynamic,
      ...(net.layer !== undefined && {
        weights: Buffer.alloc(weightBytes(shape, options, net.layer), net.layer + 1),
      }),
    });
    return { name: net.name, stages: (net.kvLengths ?? [undefined]).map(stage) };
  });
  const more = decodeStages(options).flatMap((_, stage) =>
    Array.from({ length: shape.layers }, (__, layer) => `block_cache_${layer}_${stage + 1}`),
  );
  return { names: [...nets.map(({ name }) => name), ...more], nets };
}

function weightBytes(shape: ModelShape, options: ConversionOptions, layer: number): number {
  const bits = options.keepHigh.includes(layer) ? 16 : 9;
  return Math.ceil((layerParameters(shape) * bits) / 8);
}

/** Puts it into the home, and gives the edges that use it. */
export async function placeStandInCompiler(
  home: string,
  { names, nets }: ReturnType<typeof netsOf>,
  misbehaviour: Misbehaviour = {},
): Promise<Partial<ConversionEdges>> {
  const layout = toolchainLayout(home);
  await mkdir(path.dirname(layout.python), { recursive: true });
  const found = await run('python3', ['-c', 'import sys; print(sys.executable)'], {
    timeoutMs: 60_000,
  });
  await symlink(found.trim(), layout.python).catch(() => undefined);
  const programs = [{ name: 'model_tool', version: 'v1.30.2-20260831' }];
  const checked = { at: 'now', lock: 'of the test', programs };
  const state = { folder: layout.root, choice: {}, checked };
  await writeFile(layout.state, JSON.stringify(state));
  const prepared = path.join(home, 'prepared');
  await mkdir(prepared, { recursive: true });
  for (const name of names) {
    const net = nets.find((one) => one.name === name) ?? nets.find((one) => isStageOf(name, one));
    const file = path.join(prepared, `${name}.bmodel`);
    await writeFile(file, buildBmodel({ ...(net && { nets: [net] }) }));
  }
  await writeFile(path.join(prepared, 'model.bmodel'), buildBmodel({ nets }));
  await writeFile(path.join(prepared, 'acts.json'), JSON.stringify(misbehaviour));
  const scripts: Record<Script, string> = {
    'import_gguf.py': '',
    'lower.py': lower(names, misbehaviour),
    'run_tool.py': runTool(prepared),
  };
  return { script: (name) => Promise.resolve(scripts[name]) };
}

function isStageOf(name: string, net: { name: string }): boolean {
  return name.startsWith(`${net.name}_`);
}

function lower(names: readonly string[], misbehaviour: Misbehaviour): string {
  const task = (name: string) => ({ name, arguments: ['--model', `${name}.bmodel`] });
  const isLater = (name: string): boolean => /^block_cache_\d+_/.test(name);
  const plan = {
    kind: 'plan',
    stages: [names.filter((name) => !isLater(name)), names.filter(isLater)].map((stage) =>
      stage.map(task),
    ),
    combine: names,
    distinct: names.filter((name) => !isLater(name)),
  };
  return `
import json, os, sys
work = json.loads(sys.argv[1])["work"]
for name in ${JSON.stringify(names)}:
    os.makedirs(os.path.join(work, "nets", name), exist_ok=True)
${misbehaviour['graphs'] ?? ''}
print(json.dumps({"kind": "lowered", "done": 1, "total": 1}))
print('''${JSON.stringify(plan)}''')`;
}

function runTool(prepared: string): string {
  return `
import json, shutil, sys
prepared = ${JSON.stringify(prepared)}
out = sys.argv[sys.argv.index("--model" if "--model" in sys.argv else "-o") + 1]
name = out.split("/")[-1][: -len(".bmodel")]
part = "combine" if sys.argv[1] == "model_tool" else name
print("noise: 0 errors so far", flush=True)
exec(json.load(open(prepared + "/acts.json")).get(part, ""))
for number in range(3):
    print("[Running]: tpuc-opt pass %d error: quiet" % number)
    print("[Success]: tpuc-opt pass %d error: quiet" % number)
shutil.copy(prepared + "/" + name + ".bmodel", out)`;
}
