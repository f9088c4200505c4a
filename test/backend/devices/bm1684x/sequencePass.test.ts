import { describe, expect, it } from 'vitest';
import type { Bmlib } from '../../../../backend/devices/bm1684x/bmlib.ts';
import { Chip } from '../../../../backend/devices/bm1684x/chip.ts';
import { DeviceArena } from '../../../../backend/devices/bm1684x/deviceArena.ts';
import { KvMemory } from '../../../../backend/devices/bm1684x/kvMemory.ts';
import { modelLayout } from '../../../../backend/devices/bm1684x/modelLayout.ts';
import { Runtime } from '../../../../backend/devices/bm1684x/runtime.ts';
import { SequencePass } from '../../../../backend/devices/bm1684x/sequencePass.ts';
import { Status } from '../../../../backend/devices/bm1684x/types.ts';
import { netsOf } from '../../../support/cardNets.ts';
import { fakeCardLibraries } from '../../../support/fakeCardLibraries.ts';

/** A pass over two layers, and what it asks of the libraries, in order. */
function makePass(checkAbort = (): void => undefined, historyLength = 256) {
  const asked: string[] = [];
  const fine = (what: string) => (): number => {
    asked.push(what);
    return Status.success;
  };
  const bmlib: Partial<Bmlib> = {
    malloc_device_byte: fine('allocate'),
    memset_device_ext: fine('fill'),
    memcpy_d2d_byte(_, to, toOffset, from, fromOffset, bytes) {
      const isInside = toOffset + bytes <= to.size && fromOffset + bytes <= from.size;
      return fine(isInside ? 'copy' : 'copy beyond the end')();
    },
    memcpy_s2d_partial_offset: fine('write'),
    memcpy_d2s_partial_offset: fine('read'),
    thread_sync: fine('wait'),
  };
  const launch_tensor_ex = (_: bigint, name: Uint8Array): boolean => {
    asked.push(Buffer.from(name.subarray(0, -1)).toString());
    return true;
  };
  const chip = Chip.open(fakeCardLibraries(bmlib, { launch_tensor_ex }), 0);
  const nets = netsOf({ layers: 2, hiddenSize: 64, contextLength: 256, chunkLength: 64 });
  for (let layer = 0; layer < 2; layer++) nets.shortenHistory(`block_kv_${layer}`, historyLength);
  const layout = modelLayout((name) => nets.get(name));
  const arena = new DeviceArena(chip);
  const pass = new SequencePass({
    ...{ chip, arena, layout, checkAbort, embeddingFile: '', vocabularySize: 512 },
    runtime: Runtime.load(chip, 'model.bmodel'),
    kv: new KvMemory(chip, arena, layout),
  });
  asked.length = 0;
  return { pass, asked };
}

describe('a pass', () => {
  it('waits for each layer of a prefill before it asks for the next', () => {
    const { pass, asked } = makePass();
    pass.prefill(Int32Array.of(5, 6, 7), 0);
    expect(asked).toEqual([
      ...['write', 'write', 'embedding', 'wait', 'block_0', 'wait', 'block_1'],
    ]);
  });

  it('leaves what is left of a prefill when it is aborted', () => {
    let layers = 0;
    const { pass, asked } = makePass(() => {
      if (++layers === 2) throw new Error('aborted');
    });
    expect(() => pass.prefill(Int32Array.of(5, 6, 7), 0)).toThrow('aborted');
    expect(asked.slice(-2)).toEqual(['block_0', 'wait']);
  });

  it('goes token by token where a history is longer than the prefill nets take', () => {
    const { pass, asked } = makePass(undefined, 100);
    const copiesOf = (from: number): string[] => {
      asked.length = 0;
      pass.prefill(Int32Array.of(5, 6).subarray(0, pass.chunkAfter(from)), from);
      return asked.filter((one) => one.startsWith('copy'));
    };
    expect(copiesOf(100)).toEqual(Array(4).fill('copy'));
    expect(copiesOf(220)).toEqual([]);
    expect([0, 100, 101].map((from) => pass.chunkAfter(from))).toEqual([64, 64, 1]);
  });

  it('waits for a token once, when the head has been launched', () => {
    const { pass, asked } = makePass();
    pass.decode(5, 3);
    pass.headLogits(new Float32Array(512));
    expect(asked).toEqual([
      ...['write', 'write', 'write', 'embedding_cache', 'block_cache_0', 'block_cache_1'],
      ...['lm_head', 'wait', 'read'],
    ]);
  });
});
