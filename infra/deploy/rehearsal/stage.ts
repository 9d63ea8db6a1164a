import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCompose, type ComposeFile } from '../compose-file.js';

const STEP_MS = 250;

/** Where a rehearsal plays: one folder, and what is to be ended when it is over, last first. */
export class Stage {
  readonly folder: string;
  readonly compose: ComposeFile;
  readonly #ends: (() => Promise<void> | void)[] = [];

  constructor(readonly root: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'lacuna-rehearsal-'));
    // The database's own user must get through; what is private in it is a private file.
    chmodSync(this.folder, 0o711);
    this.compose = readCompose(root);
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  atEnd(end: () => Promise<void> | void): void {
    this.#ends.push(end);
  }

  async clear(): Promise<void> {
    for (const end of this.#ends.reverse()) await Promise.resolve(end()).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A program that runs beside us; its output is kept for whoever looks for a reason. */
  start(
    name: string,
    command: readonly string[],
    options: Readonly<{ env: NodeJS.ProcessEnv; cwd: string }>,
  ): Program {
    const program = new Program(name, command, options);
    this.atEnd(() => program.kill());
    return program;
  }
}

/** A started program, its output kept. */
export class Program {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  #said = '';

  constructor(
    readonly name: string,
    [command = '', ...args]: readonly string[],
    options: Readonly<{ env: NodeJS.ProcessEnv; cwd: string }>,
  ) {
    this.#child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#said = (this.#said + chunk.toString()).slice(-8_000);
      });
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code) => resolve(code));
      this.#child.once('error', () => resolve(null));
    });
  }

  get said(): string {
    return this.#said;
  }

  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/** Asks again and again until the answer is yes; throws `otherwise` when it takes longer. */
export const until = async (
  ask: () => Promise<boolean> | boolean,
  limitMs: number,
  otherwise: () => string,
): Promise<void> => {
  const deadline = performance.now() + limitMs;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(otherwise());
    await sleep(STEP_MS);
  }
};

/** A copy of a text file in which some texts stand for others. */
export const copyWith = (from: string, to: string, replaced: Readonly<Record<string, string>>): void => {
  let text = readFileSync(from, 'utf8');
  for (const [one, other] of Object.entries(replaced)) text = text.replaceAll(one, other);
  writeFileSync(to, text);
};
