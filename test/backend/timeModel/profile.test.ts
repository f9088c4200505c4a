import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../backend/formats/fileCursor.ts';
import { millisecondsAt, parseProfile } from '../../../backend/timeModel/profile.ts';

/** What tpu-mlir 1.30.2 wrote for the output head of a Qwen3 with 512 tokens, 128 wide. */
const head = `--------------------------------------
s: start time, b: bd_id, g: gdma_id, e: end time, t: cmd cost time, dr: direction, sz: memsize, bw: bandwidth
--------------------------------------
ENGINE_BD                               ENGINE_GDMA
                                        MatMul_13|GDMA_TENSOR|s:0|b:0|g:1|e:2425|t:2426|dr:0|sz:131072|bw:50.32
                                        MatMul_13|GDMA_TENSOR|s:2426|b:0|g:2|e:4851|t:2426|dr:0|sz:256|bw:0.10
MatMul_13|MM2|s:4852|b:1|g:2|e:4883|t:32
                                        MatMul_13|GDMA_TENSOR|s:4884|b:1|g:3|e:17677|t:12794|dr:1|sz:1024|bw:0.07
                                        Cast_15|GDMA_MATRIX|s:17678|b:1|g:4|e:17959|t:282|dr:0|sz:1024|bw:3.38
Cast_15|AR|s:17960|b:2|g:4|e:17960|t:1
                                        Cast_15|GDMA_MATRIX|s:17961|b:2|g:5|e:18332|t:372|dr:1|sz:2048|bw:5.13
--------------------------------------
API_END total_cycle:18333|b:2|g:5
TCYC : 18333
GDMA SUMMARY : |dr[0] S2L:132352|dr[1] L2S:3072|dr[2] S2S:0|dr[3] L2L:0
DDR BW USAGE : 10.74935127%
#######################################


flops: 131072, runtime: 0.018333ms, ComputationAbility: 0.007150T
`;

/** Of one of its layers, built for 64 tokens: 185 commands of the matrix unit, 75 of the memory. */
const layer = gunzipSync(
  readFileSync(path.join(import.meta.dirname, '../../support/tinyLayer.profile.gz')),
).toString();

describe('the compiler’s schedule', () => {
  it('is read with its traffic and its operations', () => {
    const profile = parseProfile(head);
    expect(profile).toMatchObject({ memoryBytes: 132_352 + 3072, operations: 131_072 });
    const [batch] = profile.batches;
    expect(batch?.totalCycles).toBe(18_333);
    expect(batch?.bd).toEqual([
      { id: 1, waitsFor: 2, cycles: 32 },
      { id: 2, waitsFor: 4, cycles: 1 },
    ]);
    expect(batch?.gdma.map(({ waitsFor }) => waitsFor)).toEqual([0, 0, 1, 1, 2]);
  });

  it.each([
    ['an output head', head, 18_333],
    ['a layer, where both engines work at once', layer, 53_854],
  ])('run again takes what the compiler says, to the cycle: %s', (_, text, cycles) => {
    const profile = parseProfile(text);
    expect(profile.batches.map(({ totalCycles }) => totalCycles)).toEqual([cycles]);
    expect(millisecondsAt(profile, 1000)).toBe(cycles / 1e6);
  });

  it('takes longer at a slower clock, by the share of the matrix unit', () => {
    // Nothing of the head overlaps: 33 of its cycles are the matrix unit's.
    expect(millisecondsAt(parseProfile(head), 500)).toBeCloseTo((18_333 + 33) / 1e6, 12);
    const [at1000, at950] = [1000, 950].map((clock) => millisecondsAt(parseProfile(layer), clock));
    expect(at950).toBeGreaterThan(at1000!);
    expect(at950).toBeLessThan(at1000! / 0.95);
  });

  it('adds up what is started one after the other, and counts a copy twice', () => {
    const twice = parseProfile(head.replace('S2S:0', 'S2S:100') + head);
    expect(twice.batches).toHaveLength(2);
    expect(millisecondsAt(twice, 1000)).toBeCloseTo((2 * 18_333) / 1e6, 12);
    expect(twice.memoryBytes).toBe(2 * (132_352 + 3072) + 200);
    expect(twice.operations).toBe(2 * 131_072);
  });

  it.each([
    ['', 'it has no schedule'],
    ['\n\n', 'it has no schedule'],
    ['not a profile at all', 'it has no schedule'],
    [head.slice(0, head.indexOf('API_END')), 'is cut short'],
    [head.slice(0, head.indexOf('GDMA SUMMARY')), 'its summary is missing'],
    [head.replace(/^Cast_15\|AR.*\n/mu, ''), 'has lost commands'],
    [head.replace('MatMul_13|MM2|s:4852|b:1', 'MatMul_13|MM2|s:4852|b:?'), 'no command'],
    [head.slice(0, head.indexOf('API_END')) + head, 'no command'],
  ])('is refused when it is none or not whole (%#)', (text, reason) => {
    expect(() => parseProfile(text)).toThrow(FormatError);
    expect(() => parseProfile(text)).toThrow(reason);
  });

  it('is refused when commands wait for each other', () => {
    const circle = head.replace('s:0|b:0|g:1', 's:0|b:1|g:1');
    expect(() => millisecondsAt(parseProfile(circle), 1000)).toThrow('wait for each other');
  });
});
