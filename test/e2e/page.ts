import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './product.js';

/** Commands of a page as they stand in it. `marks`: what is said of them behind the fence. */
export type Block = Readonly<{ lines: readonly string[]; marks: readonly string[] }>;

/** What a command gave. */
export type Ran = Readonly<{ line: string; code: number | null; output: string }>;

const FENCE = /^```sh *(.*)\n([\s\S]*?)^```$/gm;

/** Every command of a page, in its order. */
export const commandsOf = (page: string): readonly Block[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(FENCE)].map(([, marks = '', text = '']) => ({
    marks: marks.split(' ').filter(Boolean),
    lines: text.trim().split('\n'),
  }));

/** What runs on says so when it is up. */
const IS_UP = /Ctrl-C stops/;
const START_MS = 300_000;
const END_MS = 60_000;

/** One terminal in which something runs on. */
export class Terminal {
  output = '';
  readonly #ended: Promise<number | null>;

  constructor(
    readonly line: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.#ended = new Promise((resolve) => child.once('close', resolve));
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async isUp(): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (!IS_UP.test(this.output)) {
      if (this.isOver || Date.now() > deadline)
        throw new Error(`"${this.line}" did not come up:\n${this.output}`);
      await sleep(50);
    }
  }

  /** Ctrl-C: the signal goes to all that the terminal runs. */
  async interrupt(): Promise<void> {
    if (this.isOver) return;
    this.#signal('SIGINT');
    const late = sleep(END_MS, 'late', { ref: false });
    const ended = await Promise.race([this.#ended, late]);
    if (ended !== 'late') return;
    this.#signal('SIGKILL');
    throw new Error(`"${this.line}" did not end in ${END_MS / 1000} s:\n${this.output}`);
  }

  #signal(name: NodeJS.Signals): void {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, name);
  }
}

/** A reader at a page: several terminals, in each the page's own settings, the home apart from any other. */
export class Desk {
  readonly terminals: Terminal[] = [];
  readonly #folder: string;
  readonly #settings: string[] = [];

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'lacuna-page-'));
    chmodSync(this.#folder, 0o755);
  }

  /** Runs the commands of a block one after the other, or leaves its command running. */
  async run({ lines, marks }: Block): Promise<readonly Ran[]> {
    const settings = lines.filter((line) => line.startsWith('export '));
    this.#settings.push(...settings.map((line) => line.replaceAll('=.lacuna/', `=${this.#folder}/`)));
    const commands = lines.filter((line) => !line.startsWith('export '));
    if (marks.includes('stays')) {
      for (const line of commands) await this.#leave(line);
      return [];
    }
    const ran: Ran[] = [];
    for (const line of commands) ran.push(await this.command(line));
    return ran;
  }

  async command(line: string): Promise<Ran> {
    const child = this.#spawn(line);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => (output += data.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { line, code, output };
  }

  /** Ctrl-C everywhere, what was started last first. Gives what a process has left behind that did not end in order. */
  async leave(): Promise<readonly string[]> {
    const late: unknown[] = [];
    for (const terminal of this.terminals.toReversed())
      await terminal.interrupt().catch((error: unknown) => late.push(error));
    const left = this.#leftBehind();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    if (late.length > 0) throw late[0];
    return left;
  }

  // Whoever ends in order takes its address away, the database last.
  #leftBehind(): readonly string[] {
    const home = join(this.#folder, 'apart');
    const servers = join(home, 'servers');
    return [
      ...(existsSync(servers) ? readdirSync(servers) : []),
      ...['database.json', 'postgres/data/postmaster.pid'].filter((name) => existsSync(join(home, name))),
    ];
  }

  async #leave(line: string): Promise<void> {
    const terminal = new Terminal(line, this.#spawn(line));
    this.terminals.push(terminal);
    await terminal.isUp();
  }

  #spawn(line: string): ChildProcess {
    const inherited = Object.entries(process.env).filter(
      ([key]) => !key.startsWith('LACUNA_') && !key.startsWith('DATABASE_URL'),
    );
    return spawn('/bin/sh', ['-c', [...this.#settings, line].join('\n')], {
      cwd: root,
      env: { ...Object.fromEntries(inherited), npm_config_loglevel: 'silent' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }
}
