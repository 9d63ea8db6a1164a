import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serversOf, type ServerAddresses } from '@lacuna/runtime';
import { answerOfCli, ownerUrlIn, type CliAnswer } from './home.js';
import { kill9, killPostmaster } from './processes.js';
import type { Reached, Served } from './served.js';

const READY_MS = 120_000;
const EXIT_MS = 120_000;
const ROOT = process.cwd();
const MAIN = join(ROOT, 'dist', 'apps', 'standalone', 'src', 'main.js');
const CLI = join(ROOT, 'apps', 'admin-cli', 'bin', 'lacuna.mjs');

/** Of a process that takes calls. */
export type Addresses = ServerAddresses & Readonly<{ grpc: string }>;

export type Exit = Readonly<{ code: number | null; signal: string | null; output: string }>;

/** One life of the product, from its start to its death. */
export class Life {
  readonly exit: Promise<Exit>;
  readonly pid: number;
  #output = '';
  #ended = false;

  constructor(private readonly child: ChildProcess) {
    if (child.pid === undefined) throw new Error('the product could not be started');
    this.pid = child.pid;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    this.exit = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#ended = true;
        resolve({ code, signal, output: this.#output });
      });
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  get output(): string {
    return this.#output;
  }

  signal(name: 'SIGKILL' | 'SIGINT'): void {
    this.child.kill(name);
  }
}

const isReady = async (http: string): Promise<boolean> => {
  try {
    const answer = await fetch(`http://${http}/health/ready`, { signal: AbortSignal.timeout(3_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
};

/**
 * The built product on a home of its own in the folder for temporary files: started as a process of its own with its
 * embedded database, killed without a word, started again. The ports are the system's choice and change with each life.
 */
export class Product implements Served {
  readonly home: string;
  readonly readyAfterMs: number[] = [];
  life: Life | null = null;
  /** No other life will come: whoever waits for one gives up. */
  isOver = false;
  #folder: string;
  #environment: NodeJS.ProcessEnv;

  /** `more`: variables beside those of every product here. */
  constructor(clock: string, more: Readonly<Record<string, string>> = {}) {
    this.#folder = mkdtempSync(join(tmpdir(), 'lacuna-product-'));
    // The database's own user must get through where the test runs as root.
    chmodSync(this.#folder, 0o711);
    this.home = join(this.#folder, 'home');
    const inherited = Object.entries(process.env).filter(
      ([key]) => !key.startsWith('LACUNA_') && !key.startsWith('DATABASE_URL'),
    );
    this.#environment = {
      ...Object.fromEntries(inherited),
      LACUNA_HOME: this.home,
      LACUNA_CLOCK: clock,
      LACUNA_GRPC_ADDRESS: '127.0.0.1:0',
      LACUNA_HTTP_ADDRESS: '127.0.0.1:0',
      ...more,
    };
  }

  /** Starts it, and does not wait. */
  spawn(): Life {
    const child = spawn(process.execPath, [MAIN], {
      cwd: ROOT,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.life = new Life(child);
    return this.life;
  }

  /** Starts it, and resolves when it says that it is ready. */
  async start(): Promise<Addresses> {
    try {
      return await this.#started();
    } catch (error) {
      this.isOver = true;
      throw error;
    }
  }

  async #started(): Promise<Addresses> {
    const began = performance.now();
    const life = this.spawn();
    while (performance.now() - began < READY_MS) {
      if (life.ended) throw new Error(`the product ended instead of serving: ${life.output}`);
      const addresses = this.addresses();
      if (addresses !== null && (await isReady(addresses.http))) {
        this.readyAfterMs.push(Math.round(performance.now() - began));
        return addresses;
      }
      await sleep(50);
    }
    throw new Error(`the product was not ready within ${READY_MS / 1000} s: ${life.output}`);
  }

  /** Where this life serves; null while it does not. */
  addresses(): Addresses | null {
    const { pid } = this.life ?? {};
    return serversOf(this.home).find((one): one is Addresses => one.pid === pid && one.grpc !== null) ?? null;
  }

  reached(): Reached | null {
    const addresses = this.addresses();
    if (addresses === null) return null;
    const { grpc, pid } = addresses;
    return { life: String(pid), command: grpc, query: grpc, admin: grpc };
  }

  /** SIGKILL, and to its database too where asked; resolves when the process is gone. */
  async kill(database: 'with-database' | 'without-database'): Promise<void> {
    const life = this.living();
    // Either may go first.
    if (database === 'with-database' && life.pid % 2 === 0) killPostmaster(this.home);
    kill9(life.pid);
    if (database === 'with-database') killPostmaster(this.home);
    await life.exit;
  }

  /** As Ctrl-C does; resolves to how it ended. */
  async stop(): Promise<Exit> {
    const life = this.living();
    life.signal('SIGINT');
    return this.exited(life);
  }

  /** How a life ends that is expected to end by itself. */
  async exited(life: Life): Promise<Exit> {
    const late = sleep(EXIT_MS, null, { ref: false });
    const exit = await Promise.race([life.exit, late]);
    if (exit === null) throw new Error(`the product did not end within ${EXIT_MS / 1000} s: ${life.output}`);
    return exit;
  }

  /** The database of this home as its owner, to look past the product. */
  ownerUrl(): string {
    return ownerUrlIn(this.home);
  }

  /** Runs `lacuna` with `--json`. */
  cli(...command: readonly string[]): Promise<CliAnswer> {
    const child = spawn(process.execPath, [CLI, ...command, '--json'], {
      cwd: ROOT,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return answerOfCli(child);
  }

  /** Ends whatever still runs and takes the folder away. */
  async remove(): Promise<void> {
    if (this.life !== null && !this.life.ended) {
      this.life.signal('SIGINT');
      const late = sleep(30_000, null, { ref: false });
      if ((await Promise.race([this.life.exit, late])) === null) kill9(this.life.pid);
    }
    killPostmaster(this.home);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  private living(): Life {
    if (this.life === null) throw new Error('the product has not been started');
    return this.life;
  }
}
