/** The real compiler, as provideToolchain.ts has installed it: a tiny random Qwen3 becomes a bmodel. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { ToolchainStatus } from '../../backend/protocol/toolchain.ts';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { localRunner } from '../../backend/toolchain/runner.ts';
import { toolchainStatus } from '../../backend/toolchain/status.ts';
import { Steps } from '../../backend/toolchain/steps.ts';
import { hasSucceeded } from '../../backend/toolchain/toolEnd.ts';
import { describeCompiler, toolchainHome } from '../support/linkToolchain.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const layout = toolchainLayout(toolchainHome);
const CHECK_MS = 5 * 60_000;
const COMPILE_MS = 10 * 60_000;

const listener = { onProgress: () => undefined, onNotice: () => undefined };
const never = new AbortController().signal;

/** Two heads, one layer, 512 tokens: nothing it says means anything. */
const makeTinyModel = `
import sys, torch
from transformers import Qwen3Config, Qwen3ForCausalLM
config = Qwen3Config(vocab_size=512, hidden_size=128, intermediate_size=256, num_hidden_layers=1,
    num_attention_heads=4, num_key_value_heads=2, head_dim=32, max_position_embeddings=128)
Qwen3ForCausalLM(config).to(torch.bfloat16).save_pretrained(sys.argv[1])`;

describeCompiler('the real compiler', () => {
  let status: ToolchainStatus;
  let steps: Steps;

  beforeAll(async () => {
    status = await toolchainStatus(toolchainHome, process.env, never);
    steps = new Steps(layout, localRunner(process.env), never, listener, 'look');
  }, CHECK_MS);

  it('has every package of the lock file, whole, and has been seen to work', () => {
    expect(status).toMatchObject({ state: 'ready', problems: [] });
    expect(status.python).toMatchObject({
      path: layout.python,
      version: expect.stringMatching(/^3\.10\./) as string,
    });
    for (const { version } of status.programs) expect(version).toMatch(/^v1\.30\.2-/);
  });

  it(
    'compiles a model, with the stand-in for GNU parallel',
    async () => {
      const folder = await temporaryFolder();
      const [model, out] = [path.join(folder, 'tiny'), path.join(folder, 'out')];
      expect(hasSucceeded(await steps.run(layout.python, ['-c', makeTinyModel, model]))).toBe(true);
      const printed: string[] = [];
      const convert = path.join(path.dirname(layout.python), 'llm_convert.py');
      const options = ['-s', '64', '-q', 'w8bf16', '-c', 'bm1684x', '-o', out];
      await steps.run(layout.python, [convert, '-m', model, ...options], {
        onLine: (line) => printed.push(line),
      });
      const [bmodel = ''] = (await readdir(out)).filter((name) => name.endsWith('.bmodel'));
      // The exit code would be 0 without one.
      expect(bmodel, printed.slice(-5).join('\n')).toMatch(/^tiny_w8bf16_seq64_bm1684x/);
      expect(printed.join('\n')).not.toContain('/dev/tty');
      const info: string[] = [];
      await steps.run(
        path.join(path.dirname(layout.python), 'model_tool'),
        ['--info', path.join(out, bmodel)],
        { onLine: (line) => info.push(line) },
      );
      const text = info.join('\n');
      expect(text).toContain('chip: BM1684X');
      for (const net of ['embedding', 'block_0', 'block_cache_0', 'lm_head']) {
        expect(text).toContain(net);
      }
    },
    COMPILE_MS,
  );

  it('tells how far a batch of commands is, and stops at the first failure', async () => {
    const folder = await temporaryFolder();
    const [script, log] = [path.join(folder, 'run.sh'), path.join(folder, 'log')];
    const commands = path.join(folder, 'commands');
    await writeFile(commands, 'pushd / && popd\nexit 3\nsleep 600\n');
    await writeFile(
      script,
      `parallel -j 1 --halt now,fail=1 --progress --joblog ${log} < ${commands}\n`,
    );
    const ended = await steps.run('bash', [script]);
    expect(ended).toMatchObject({ kind: 'exited', code: 3 });
    const rows = (await readFile(log, 'utf8')).trim().split('\n').slice(1);
    expect(rows.map((row) => row.split('\t')[6])).toStrictEqual(['0', '3']);
  });
});
