/**
 * Runs before `npm start` and `npm test`: plain JavaScript that Node 20 runs, without a dependency, because on a
 * fresh clone there is nothing else. Installs what the lockfile says, makes sure that Node 24 came with it, and
 * builds what is newer than its build. Does nothing, in a tenth of a second, where nothing changed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const NODE_MAJOR = 24;

const say = (text) => process.stderr.write(`${text}\n`);
const giveUp = (...lines) => {
  for (const line of lines) say(line);
  process.exit(1);
};

const readIfThere = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const digest = (...parts) => createHash('sha256').update(parts.join('\0')).digest('hex');

const npm = (...args) => {
  // npm says where it is; started by hand, it is found by its name.
  const script = process.env.npm_execpath;
  const [command, first] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
  return spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] }).status === 0;
};

// What is to be installed, and nothing else of package.json: a new script is no reason to install.
const wantedModules = () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return digest(
    JSON.stringify([dependencies, devDependencies]),
    readIfThere(join(root, 'package-lock.json')),
  );
};

// Not `npm ci`: the lockfile lacks the optional binaries of other platforms and `ci` stops at that, `install` does not.
const install = () => {
  const stamp = join(modules, '.lacuna-installed');
  if (readIfThere(stamp) === wantedModules()) return;
  say('Lacuna: installing dependencies (about half a minute) ...');
  if (!npm('install', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev', '--include=optional'))
    giveUp('Lacuna: npm install failed; its reason stands above.');
  writeFileSync(stamp, wantedModules());
};

// npm links the commands of what it installs, not our own; without this npx makes a copy of its own, and keeps it.
const linkCommand = () => {
  const link = join(modules, '.bin', 'lacuna');
  const target = join('..', '..', 'apps', 'admin-cli', 'bin', 'lacuna.mjs');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && existsSync(link)) return;
  rmSync(link, { force: true });
  symlinkSync(target, link);
};

const majorOf = (node) => {
  const asked = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return asked.status === 0 ? Number(/^v(\d+)/.exec(asked.stdout)?.[1]) : 0;
};

/** The Node to run with: the one that npm installed, or a newer one of the machine's own. */
const findNode = () => {
  const installed = join(modules, '.bin', 'node');
  if (existsSync(installed) && majorOf(installed) >= NODE_MAJOR) return installed;
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return process.execPath;
  return giveUp(
    `Lacuna needs Node ${NODE_MAJOR}, and this is ${process.version}. It comes with the package "node", whose install script did not run`,
    '(npm is set to ignore scripts, or the platform is not Linux x64). Do one of these, then try again:',
    '  npm rebuild node --ignore-scripts=false --foreground-scripts',
    `  or install Node ${NODE_MAJOR} on this machine`,
  );
};

const IGNORED = new Set(['node_modules', 'dist', '.lacuna', '.cache', '.git', 'demo']);

const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });

// Name, size and time of every source: a file that is gone changes it too.
const fingerprint = () => {
  const sources = ['apps', 'libs', 'infra', 'test/bench', 'test/attack'].flatMap((name) =>
    filesBelow(join(root, name)),
  );
  const described = [...sources, join(root, '.swcrc'), join(root, 'package.json')].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${path} ${size} ${mtimeMs}`;
  });
  return digest(...described.sort());
};

const build = (node) => {
  const stamp = join(root, 'dist', '.built');
  const wanted = fingerprint();
  if (readIfThere(stamp) === wanted) return;
  process.env.PATH = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`;
  if (!npm('run', '--silent', 'build')) giveUp('Lacuna: the build failed; its reason stands above.');
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
};

install();
linkCommand();
build(findNode());
