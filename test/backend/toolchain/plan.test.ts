import { readFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isVersion,
  normalizedName,
  parseLock,
  readLockFile,
  requirementLine,
  type LockedPackage,
} from '../../../backend/toolchain/lock.ts';
import {
  comparePackages,
  packagesToInstall,
  planBatches,
  spaceNeeded,
  totalBytes,
  wantedPackages,
} from '../../../backend/toolchain/plan.ts';

const sha256 = 'a'.repeat(64);
const locked = (name: string, bytes = 1000): LockedPackage => ({
  name,
  version: '1.0',
  file: `${name}-1.0-py3-none-any.whl`,
  bytes,
  sha256,
});

describe('the lock file', () => {
  it('names what requirements.in asks for, in wheels for Python 3.10', async () => {
    const { lock } = await readLockFile();
    const folder = path.join(import.meta.dirname, '../../../backend/toolchain/python');
    const wanted = await readFile(path.join(folder, 'requirements.in'), 'utf8');
    const asked = Array.from(wanted.matchAll(/^([\w-]+)(?:==(\S+))?/gm));
    const found = new Map([...lock.packages, lock.uv].map((item) => [item.name, item]));
    expect(asked.length).toBeGreaterThan(10);
    for (const [, name = '', version] of asked) {
      const item = found.get(normalizedName(name));
      expect(item?.version, name).toBe(version ?? item?.version ?? 'missing');
    }
    expect(lock.packages.every(({ file }) => /(x86_64|-any)\.whl$/.test(file))).toBe(true);
    expect(totalBytes(lock.packages)).toBeGreaterThan(3e9);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing in it', '{"python":"3.10","packages":[]}'],
    ['a name that would be an option', lockText({ ...locked('a'), name: '--index-url' })],
    ['a version with a line break', lockText({ ...locked('a'), version: '1.0\nevil' })],
    ['a sha256 cut short', lockText({ ...locked('a'), sha256: 'abc' })],
    ['a package twice', lockText(locked('a'), locked('a'))],
  ])('is refused with %s', (_, text) => {
    expect(() => parseLock(text)).toThrow();
    expect(parseLock(lockText(locked('a'))).packages).toHaveLength(1);
  });

  it('becomes lines that pip checks', () => {
    expect(requirementLine(locked('six'))).toBe(`six==1.0 --hash=sha256:${sha256}`);
  });

  it.each([
    ['2.4.1', '2.4.1', true],
    ['2.4.1', '2.4.1+cpu', true],
    ['2.4.1', '2.4.10', false],
    ['2.4.1+cpu', '2.4.1', false],
  ])('version %s is met by %s: %s', (wanted, installed, is) => {
    expect(isVersion(wanted, installed)).toBe(is);
  });
});

function lockText(...packages: LockedPackage[]): string {
  return JSON.stringify({ python: '3.10', packages, uv: locked('uv') });
}

describe('what is left to install', () => {
  const item = (name: string, version = '1.0', damage: string | null = null) => ({
    name,
    version,
    damage,
    info: `/env/${name}.dist-info`,
  });

  it.each([
    ['nothing there', [], 'it is missing'],
    ['as locked', [item('a')], undefined],
    ['as locked, by another spelling', [item('A')], undefined],
    ['another version', [item('a', '2.0')], 'another version'],
    ['damaged', [item('a', '1.0', 'a.py is missing')], 'a.py is missing'],
    ['two versions at once', [item('a'), item('a', '0.9')], 'it is there twice'],
  ])('%s', (_, packages, problem) => {
    const wanted = [locked('a')];
    const inventory = { python: '3.10.1', prefix: '/env', packages, missing: [] };
    const [status] = comparePackages(wanted, inventory);
    expect(status?.problem).toBe(problem);
    expect(packagesToInstall(wanted, status ? [status] : [])).toHaveLength(problem ? 1 : 0);
  });

  it('leaves CUDA out when torch does without it', () => {
    const packages = ['torch', 'triton', 'nvidia-cudnn-cu12', 'numpy'].map((name) => locked(name));
    const lock = { python: '3.10', packages, uv: locked('uv') };
    expect(wantedPackages(lock, true).map(({ name }) => name)).toStrictEqual(['torch', 'numpy']);
    expect(wantedPackages(lock, false)).toBe(packages);
  });
});

describe('batches', () => {
  it('begin with pip, then many small ones, then each large one alone', () => {
    const packages = [locked('torch', 8e8), locked('six'), locked('onnx'), locked('pip')];
    const names = planBatches(packages).map((batch) => batch.packages.map(({ name }) => name));
    expect(names).toStrictEqual([['pip'], ['six', 'onnx'], ['torch']]);
    expect(planBatches([])).toStrictEqual([]);
  });

  it('hold every package once, and no large one shares its batch', () => {
    const names = fc.uniqueArray(fc.constantFrom('pip', 'setuptools', 'a', 'b', 'c', 'd', 'e'));
    const sizes = fc.array(fc.integer({ min: 1, max: 40e6 }), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(names, sizes, (chosen, bytes) => {
        const packages = chosen.map((name, index) => locked(name, bytes[index]));
        const batches = planBatches(packages);
        const planned = batches.flatMap((batch) => batch.packages);
        expect(new Set(planned)).toStrictEqual(new Set(packages));
        expect(planned).toHaveLength(packages.length);
        expect(batches.reduce((sum, batch) => sum + batch.bytes, 0)).toBe(totalBytes(packages));
        expect(spaceNeeded(packages)).toBeGreaterThanOrEqual(totalBytes(packages));
        for (const { packages: together } of batches) {
          const others = together.filter(({ name }) => !['pip', 'setuptools'].includes(name));
          if (others.length > 1) expect(others.every((other) => other.bytes < 20e6)).toBe(true);
        }
      }),
    );
  });
});
