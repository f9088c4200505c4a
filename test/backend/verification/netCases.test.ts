/** The talk with the script that compares, with a stand-in for it and for the device. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { localRunner } from '../../../backend/toolchain/runner.ts';
import { processesOf } from '../../../backend/toolchain/processTree.ts';
import type { VerifyNets } from '../../../backend/verification/device.ts';
import { runCases, type CaseResult } from '../../../backend/verification/netCases.ts';
import { VerifyTool } from '../../../backend/verification/tool.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const options = { bmodel: '/m', promptTokens: [], layers: 1 };

/** Launches each case's net on the bytes of its name, twice over; some names are special. */
const standIn = `
import json, os, sys, time
options = json.loads(sys.argv[1])
def say(**line): print(json.dumps(line), flush=True)
def ask(**line):
    say(**line)
    return json.loads(sys.stdin.readline() or "null") or sys.exit()
def file(name): return os.path.join(options["launches"], name)
nets = [net["name"] for net in ask(kind="open")["nets"]]
print("chatter", file=sys.stderr, flush=True)
for index, case in enumerate(options["cases"]):
    net = case["net"]
    say(kind="started", index=index)
    if net == "exit": print("MemoryError", file=sys.stderr); os._exit(3)
    if net == "hang": time.sleep(600)
    open(file("in0"), "w").write(net)
    inputs = [{"file": "../in0" if net == "outside" else "in0", "shape": [len(net)]}]
    answer = ask(kind="launch", net=net, inputs=inputs)
    if "failure" in answer: say(kind="failed", index=index, reason=answer["failure"]); continue
    print("not JSON")
    [out] = answer["outputs"]
    if open(file(out["file"])).read() != net + net or out["shape"] != [2, len(net)]: os._exit(4)
    say(kind="finished", index=index, tensors=[])
`;

async function makeTool(silenceMs?: number, controller = new AbortController()) {
  const work = await temporaryFolder();
  await mkdir(path.join(work, 'python'));
  await writeFile(path.join(work, 'python', 'compare.py'), standIn);
  const place = { runner: localRunner(process.env), root: work, python: 'python3', bin: work };
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

const device: Pick<VerifyNets, 'nets' | 'run'> = {
  nets: [{ name: 'a', isDynamic: false, inputs: [], outputs: [] }],
  run(net, [input]) {
    if (net === 'lost') return Promise.resolve('it exited with code 255');
    if (net === 'hung') return Promise.reject(new PilotError('deviceHung'));
    const data = Buffer.concat([input!.data, input!.data]);
    return Promise.resolve([{ shape: [2, ...input!.shape], data }]);
  },
};

const nets = (...names: string[]) => names.map((net) => ({ net }));
const fine = expect.objectContaining({ tensors: [] }) as CaseResult;
const ignore = (): void => undefined;

describe.skipIf(process.platform !== 'linux')('the cases of a verification', () => {
  it('are launched on the device, and one that fails leaves the others', async () => {
    const { tool, log } = await makeTool();
    const seen: [number, unknown][] = [];
    const cases = nets('a', 'lost', 'long name');
    const add = (done: number, one: unknown): void => void seen.push([done, one]);
    const results = await runCases(tool, device, options, cases, add);
    expect(results).toStrictEqual([fine, { failure: 'it exited with code 255' }, fine]);
    expect(seen).toStrictEqual(cases.map((one, i) => [i, one]));
    expect(log).toContain('chatter');
  });

  it('end with a device that is of no more use', async () => {
    const { tool, work } = await makeTool();
    const running = runCases(tool, device, options, nets('a', 'hung', 'a'), ignore);
    await expect(running).rejects.toMatchObject({ errorName: 'deviceHung' });
    expect(await processesOf(`verify:${work}`)).toStrictEqual([]);
  });

  it('end with the script, whose last complaint is told', async () => {
    const { tool } = await makeTool();
    await expect(runCases(tool, device, options, nets('a', 'exit'), ignore)).rejects.toThrow(
      'the comparison of the nets: its process ended with exit code 3: MemoryError',
    );
  });

  it('may not be silent for ever, nor read other files', async () => {
    const { tool } = await makeTool(1500);
    for (const net of ['hang', 'outside']) {
      await expect(runCases(tool, device, options, nets(net), ignore)).rejects.toThrow(
        'it said nothing for 0 minutes',
      );
    }
  });

  it('end when the verification is cancelled', async () => {
    const controller = new AbortController();
    const { tool, work } = await makeTool(undefined, controller);
    const running = runCases(tool, device, options, nets('hang'), () => controller.abort());
    await expect(running).rejects.toMatchObject({ errorName: 'cancelled' });
    expect(await processesOf(`verify:${work}`)).toStrictEqual([]);
  });
});
