/**
 * Stands in for a Python 3.10 in tests: answers what the toolchain asks, makes "environments" that
 * hold a copy of the program that imported this file, and "installs" into a list what a
 * requirements file names. The variable FAKE_PYTHON, a JSON object, says how it misbehaves:
 *
 *   die        "torch": pip is killed while it installs that package, which stays damaged
 *   error      "torch": pip fails at that package with the lines of `says`
 *   forget     "torch": pip says that it installed the package and did not
 *   hang       "torch": pip never ends, and neither does the child it starts
 *   broken     "torch": the self check says that it can't be imported
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const [, self, ...args] = process.argv;
const behaviour = JSON.parse(process.env.FAKE_PYTHON ?? '{}');
const environment = path.resolve(path.dirname(self), '..');
const listFile = path.join(environment, 'packages.json');
const sitePackages = path.join(environment, 'lib/python3.10/site-packages');
const libraries = path.join(sitePackages, 'tpu_mlir/lib/third_party');
const say = (value) => console.log(typeof value === 'string' ? value : JSON.stringify(value));
const readList = () => JSON.parse(fs.readFileSync(listFile, 'utf8'));
const writeList = (list) => fs.writeFileSync(listFile, JSON.stringify(list));
const infoOf = (name, version) => path.join(sitePackages, `${name}-${version}.dist-info`);
if (process.env.FAKE_PYTHON_LOG) {
  const shown = args.map((arg) => (arg.includes('\n') ? 'SCRIPT' : arg)).join(' ');
  fs.appendFileSync(process.env.FAKE_PYTHON_LOG, `${shown}\n`);
}

const script = args[args.indexOf('-c') + 1] ?? '';
if (args.includes('venv')) makeEnvironment(args.at(-1));
else if (args.includes('pip')) await install();
else if (script.includes('"RECORD"')) takeInventory();
else if (script.includes('MODULES')) checkItself();
else if (script.includes('ensurepip')) introduce();
else process.exit(2);

function introduce() {
  const modules = { venv: true, ensurepip: true };
  say({ version: [3, 10, 13], implementation: 'cpython', machine: 'x86_64', modules });
}

function makeEnvironment(folder) {
  fs.mkdirSync(path.join(folder, 'bin'), { recursive: true });
  fs.mkdirSync(path.join(folder, 'lib/python3.10/site-packages/tpu_mlir/lib/third_party'), {
    recursive: true,
  });
  fs.copyFileSync(self, path.join(folder, 'bin/python'));
  fs.writeFileSync(path.join(folder, 'packages.json'), '[{"name":"pip","version":"23.0.1"}]');
}

async function install() {
  const requirements = fs.readFileSync(args[args.indexOf('-r') + 1], 'utf8');
  for (const [, name, version] of requirements.matchAll(/^(\S+)==(\S+) --hash=sha256:/gm)) {
    const is = (what) => behaviour[what] === name;
    if (is('error')) {
      for (const line of behaviour.says) console.error(line);
      process.exit(1);
    }
    if (is('hang')) {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
        detached: true,
        stdio: 'ignore',
      });
      say(`hanging ${process.pid} ${child.pid}`);
      // The child keeps this process alive.
      await new Promise(() => undefined);
    }
    say(`Downloading https://index.example/${name}-${version}-py3-none-any.whl (1 kB)`);
    if (is('forget')) continue;
    fs.mkdirSync(infoOf(name, version), { recursive: true });
    if (name === 'tpu-mlir') fs.writeFileSync(path.join(libraries, 'libc.so.6'), 'old');
    const others = readList().filter((found) => found.name !== name);
    writeList([...others, { name, version, damage: is('die') ? 'a file is missing' : null }]);
    if (is('die')) process.kill(process.pid, 'SIGKILL');
  }
}

function takeInventory() {
  const packages = readList()
    // Without its metadata, a package is not seen.
    .filter(({ name, version }) => name === 'pip' || fs.existsSync(infoOf(name, version)))
    .map((found) => ({ damage: null, ...found, info: infoOf(found.name, found.version) }));
  say({ python: '3.10.13', prefix: environment, packages, missing: [] });
}

function checkItself() {
  for (const name of ['torch', 'model_tool', 'pymlir']) {
    say({ name, state: 'started' });
    if (behaviour.broken === name) say({ name, state: 'fails', reason: 'ImportError: libx.so' });
    else say({ name, state: 'works', version: 'v1.30.2-test' });
  }
}
