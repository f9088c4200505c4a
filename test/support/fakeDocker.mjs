/**
 * Stands in for Docker's client and its service: `docker run` starts a process that is no child to
 * be killed with the client, sees its mounts, its image and no other file, and has no environment
 * but what it is given; `docker rm --force` ends it by name. Without user namespaces, it sees all.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const NAMESPACES = ['--map-root-user', '--mount', '--pid', '--fork', '--kill-child=SIGKILL'];
/** What every image has. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc'];

/** Mounts what it is given as lines of "source target", and runs the rest of its arguments there. */
const ENTER = `
set -e
root=$1; shift
mount -t tmpfs tmpfs "$root"
printf '%s\\n' "$FAKE_MOUNTS" | while IFS='\t' read -r source target; do
  if [ -L "$source" ] && [ -d "$source" ] && [ "$source" = "$target" ] && [ "\${source#/*/}" = "$source" ]; then
    cp -P "$source" "$root$target"
  elif [ -d "$source" ]; then mkdir -p "$root$target"; mount --rbind "$source" "$root$target"
  else mkdir -p "$root\${target%/*}"; : > "$root$target"; mount --bind "$source" "$root$target"
  fi
done
mkdir -p "$root/proc" "$root/dev" "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o size=64m tmpfs "$root/dev/shm"
exec chroot "$root" "$@"`;

/**
 * @param {string} state folder of its containers
 * @param {readonly string[]} image folders of this machine that the image has
 */
export async function main(state, image) {
  const [verb, ...args] = process.argv.slice(2);
  mkdirSync(state, { recursive: true });
  if (verb === 'rm') process.exit(remove(state, args.at(-1) ?? ''));
  if (verb === 'run') await run(state, image, parse(args));
  fail(125, `'${verb}' is not a docker command`);
}

function fail(code, text) {
  process.stderr.write(`docker: ${text}\n`);
  process.exit(code);
}

function parse(args) {
  const given = { mounts: [], env: {} };
  for (let at = 0; at < args.length; at++) {
    const word = args[at];
    if (word === '--rm' || word === '--init') continue;
    if (word === '--interactive') {
      given.interactive = true;
      continue;
    }
    if (!word.startsWith('--')) return { ...given, image: word, args: args.slice(at + 1) };
    const value = args[++at] ?? '';
    const [name = '', ...rest] = value.split('=');
    if (word === '--mount') given.mounts.push(mountOf(value));
    else if (word === '--env')
      given.env[name] = rest.length > 0 ? rest.join('=') : process.env[name];
    else given[word.slice(2)] = value;
  }
  fail(125, '"docker run" requires at least 1 argument');
}

/** Fields of a line of CSV. */
function mountOf(text) {
  const fields = [...text.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
  );
  const pairs = fields.map((field) => [field.split('=')[0], field.slice(field.indexOf('=') + 1)]);
  const mount = Object.fromEntries(pairs);
  if (mount.type !== 'bind') fail(125, `invalid argument "${text}" for "--mount" flag`);
  return mount;
}

async function run(state, image, given) {
  const record = path.join(state, given.name);
  if (existsSync(record)) fail(125, `Conflict. The name "/${given.name}" is already in use.`);
  for (const { source } of given.mounts) {
    if (!existsSync(source)) fail(125, `bind source path does not exist: ${source}`);
  }
  const env = Object.entries(given.env).map(([name, value]) => `${name}=${value}`);
  const inside = ['env', '-i', '-C', given.workdir, ...env, given.entrypoint, ...given.args];
  const isIsolated = spawnSync('unshare', [...NAMESPACES, 'true']).status === 0;
  const root = `${record}.root`;
  mkdirSync(root, { recursive: true });
  const mounts = [...SYSTEM.filter((folder) => existsSync(folder)), ...image].map((place) => [
    place,
    place,
  ]);
  // The innermost last.
  const asked = given.mounts.map(({ source, target }) => [source, target]);
  asked.sort(([, a], [, b]) => a.length - b.length);
  const [file, ...args] = isIsolated
    ? ['unshare', ...NAMESPACES, 'sh', '-c', ENTER, 'enter', root, ...inside]
    : inside;
  const child = spawn(file, args, {
    detached: true,
    stdio: [given.interactive ? 'inherit' : 'ignore', 'inherit', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      FAKE_MOUNTS: [...mounts, ...asked].map((pair) => pair.join('\t')).join('\n'),
    },
  });
  writeFileSync(record, JSON.stringify({ pid: child.pid, user: given.user }));
  // Docker's client passes it on to the container.
  process.on('SIGTERM', () => process.kill(-child.pid, 'SIGTERM'));
  const code = await new Promise((resolve) => {
    child.on('close', (status, signal) => resolve(status ?? (signal === null ? 1 : 137)));
    child.on('error', () => resolve(127));
  });
  rmSync(root, { recursive: true, force: true });
  rmSync(record, { force: true });
  process.exit(code);
}

function remove(state, name) {
  const record = path.join(state, name);
  if (!statSync(record, { throwIfNoEntry: false })) {
    process.stderr.write(`Error response from daemon: No such container: ${name}\n`);
    return 1;
  }
  const { pid } = JSON.parse(readFileSync(record, 'utf8'));
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
  rmSync(`${record}.root`, { recursive: true, force: true });
  rmSync(record, { force: true });
  return 0;
}
