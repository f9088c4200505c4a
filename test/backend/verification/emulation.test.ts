/** The loop around the emulator's process, with a stand-in that dies as the vendor's libraries do. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { localRunner } from '../../../backend/toolchain/runner.ts';
import { processesOf } from '../../../backend/toolchain/processTree.ts';
import { runCases, type CaseResult } from '../../../backend/verification/emulation.ts';
import { VerifyTool } from '../../../backend/verification/tool.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const options = { bmodel: '/m', promptTokens: [], layers: 1, memory: 5 * 2 ** 30 };

/** Says what a process of the emulator says; the net's name is what becomes of it. */
const standIn = `
import json, os, signal, sys, time
def say(**line): print(json.dumps(line), flush=True)
print("[0] chatter", file=sys.stderr, flush=True)
if os.environ.get("REFUSE"): print("ASSERT x.cpp: 61: no memory", file=sys.stderr); os._exit(255)
say(kind="loaded")
for index, case in enumerate(json.loads(sys.argv[1])["cases"]):
    net = case["net"]
    say(kind="started", index=index)
    if os.environ["CMODEL_GLOBAL_MEM_SIZE"] != "0x1c0000000": continue
    if net == "crash": os.kill(os.getpid(), signal.SIGSEGV)
    if net == "exit": os._exit(255)
    if net == "hang": time.sleep(600)
    if net == "raise": say(kind="failed", index=index, reason="KeyError"); continue
    print("not JSON")
    say(kind="finished", index=index, tensors=[])
`;

async function makeTool(
  { silenceMs, refuse }: { silenceMs?: number; refuse?: boolean } = {},
  controller = new AbortController(),
) {
  const work = await temporaryFolder();
  await mkdir(path.join(work, 'python'));
  await writeFile(path.join(work, 'python', 'emulate.py'), standIn);
  const env = { ...process.env, ...(refuse && { REFUSE: '1' }) };
  const place = { runner: localRunner(env), root: work, python: 'python3', bin: work };
  const log: string[] = [];
  const tool = new VerifyTool(
    { ...place, versions: [], libraries: '/lib', kernels: work },
    work,
    [],
    controller.signal,
    (line) => log.push(line),
    silenceMs,
  );
  return { tool, log, work };
}

const nets = (...names: string[]) => names.map((net) => ({ net }));
const fine = expect.objectContaining({ tensors: [] }) as CaseResult;

describe.skipIf(process.platform !== 'linux')('the emulator’s processes', () => {
  it('may die at any net: the others are run all the same', async () => {
    const { tool, log } = await makeTool();
    const seen: [number, unknown][] = [];
    const cases = nets('a', 'crash', 'raise', 'exit', 'b');
    const results = await runCases(tool, options, cases, (done, one) => seen.push([done, one]));
    expect(results).toStrictEqual([
      fine,
      { failure: 'its process was ended by SIGSEGV' },
      { failure: 'KeyError' },
      { failure: 'its process ended with exit code 255' },
      fine,
    ]);
    expect(seen).toStrictEqual(cases.map((one, i) => [i, one]));
    expect(log).not.toContain('[0] chatter');
  });

  it('may not even load the model', async () => {
    const { tool } = await makeTool({ refuse: true });
    const running = runCases(tool, options, nets('a'), () => undefined);
    await expect(running).rejects.toThrow(
      'loading the model on the emulator: its process ended with exit code 255: ASSERT x.cpp',
    );
  });

  it('may not be silent for ever', async () => {
    const { tool } = await makeTool({ silenceMs: 2000 });
    const results = await runCases(tool, options, nets('hang', 'a'), () => undefined);
    expect(results).toStrictEqual([{ failure: 'it said nothing for 0 minutes' }, fine]);
  });

  it('end when the verification is cancelled', async () => {
    const controller = new AbortController();
    const { tool, work } = await makeTool({}, controller);
    const running = runCases(tool, options, nets('hang'), () => controller.abort());
    await expect(running).rejects.toMatchObject({ errorName: 'cancelled' });
    expect(await processesOf(`verify:${work}`)).toStrictEqual([]);
  });
});
