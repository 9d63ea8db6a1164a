import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../product/waiting.js';

export type AppName = 'projector' | 'reactor' | 'command-api' | 'query-api';

const ROOT = process.cwd();

const inherited = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !key.startsWith('LACUNA_') && !key.startsWith('DATABASE_URL'),
    ),
  );

/** One app of the built product as a process of its own, on a database that is there. */
export class AppProcess {
  readonly home = mkdtempSync(join(tmpdir(), 'lacuna-app-'));
  readonly pid: number;
  ended = false;
  #output = '';
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;

  constructor(
    readonly app: AppName,
    environment: Readonly<Record<string, string>>,
  ) {
    const main = join(ROOT, 'dist', 'apps', app, 'src', 'main.js');
    this.#child = spawn(process.execPath, [main], {
      cwd: ROOT,
      env: {
        ...inherited(),
        LACUNA_HOME: this.home,
        LACUNA_LOG_FILE: join(this.home, 'log', 'lacuna.log'),
        LACUNA_GRPC_ADDRESS: '127.0.0.1:0',
        LACUNA_HTTP_ADDRESS: '127.0.0.1:0',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (this.#child.pid === undefined) throw new Error(`${app} could not be started`);
    this.pid = this.#child.pid;
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    this.#exit = new Promise((resolve) => {
      this.#child.once('close', () => {
        this.ended = true;
        resolve();
      });
    });
  }

  get http(): string {
    const [, address] = /http:\/\/(\S+?)\/health/.exec(this.#output) ?? [];
    if (address === undefined) throw new Error(`${this.app} has not said where it is:\n${this.#output}`);
    return address;
  }

  get grpc(): string {
    const [, address] = /gRPC\s+(\S+)/.exec(this.#output) ?? [];
    if (address === undefined) throw new Error(`${this.app} has not said where it is:\n${this.#output}`);
    return address;
  }

  /** What it has written down, a line each. */
  log(): readonly string[] {
    try {
      return readFileSync(join(this.home, 'log', 'lacuna.log'), 'utf8').split('\n');
    } catch {
      return [];
    }
  }

  async isReady(): Promise<boolean> {
    try {
      const answer = await fetch(`http://${this.http}/health/ready`, { signal: AbortSignal.timeout(5_000) });
      await answer.arrayBuffer();
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  async started(): Promise<this> {
    await until(`${this.app} is ready`, async () => {
      if (this.ended) throw new Error(`${this.app} ended:\n${this.#output}`);
      return this.#output.includes('/health') && (await this.isReady());
    });
    return this;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#exit;
  }

  /** Ends it, whatever it is at, and takes its folder with it. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.home, { recursive: true, force: true });
  }
}
