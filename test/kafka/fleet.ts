import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readDatabaseAccess, serversOf, type ServerAddresses } from '@lacuna/runtime';
import { answerOfCli, ownerUrlIn, type CliAnswer } from '../fault/product/home.js';
import { kill9, killPostmaster } from '../fault/product/processes.js';
import { Life } from '../fault/product/product.js';
import type { Reached, Served } from '../fault/product/served.js';
import { until } from '../fault/product/waiting.js';

const ROOT = process.cwd();
const CLI = join(ROOT, 'apps', 'admin-cli', 'bin', 'lacuna.mjs');
const STOP_MS = 40_000;

export const apps = ['command-api', 'query-api', 'projector', 'reactor'] as const;
export type FleetApp = (typeof apps)[number];

/** One of several processes of an app; it is killed and comes back as another process. */
export class Member {
  life: Life | null = null;

  constructor(
    readonly app: FleetApp,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  start(): void {
    const main = join(ROOT, 'dist', 'apps', this.app, 'src', 'main.js');
    this.life = new Life(
      spawn(process.execPath, [main], {
        cwd: ROOT,
        env: this.environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.life === null) return;
    kill9(this.life.pid);
    await this.life.exit;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    if (this.life !== null && !this.life.ended) process.kill(this.life.pid, name);
  }
}

type Living = ServerAddresses & Readonly<{ grpc: string }>;

/**
 * The product as several processes of each app on one database and one home, as PROCESSES.md starts them by hand.
 * Ports are the system's choice.
 */
export class Fleet implements Served {
  readonly home: string;
  isOver = false;
  readonly members: readonly Member[];
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  #database: Life | null = null;

  constructor(
    each: number,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    this.#folder = mkdtempSync(join(tmpdir(), 'lacuna-fleet-'));
    chmodSync(this.#folder, 0o711);
    this.home = join(this.#folder, 'home');
    const inherited = Object.entries(process.env).filter(
      ([key]) => !key.startsWith('LACUNA_') && !key.startsWith('DATABASE_URL'),
    );
    this.#environment = {
      ...Object.fromEntries(inherited),
      ...this.settings,
      LACUNA_HOME: this.home,
      LACUNA_GRPC_ADDRESS: '127.0.0.1:0',
      LACUNA_HTTP_ADDRESS: '127.0.0.1:0',
    };
    this.members = apps.flatMap((app) =>
      Array.from({ length: each }, () => new Member(app, this.#environment)),
    );
  }

  async start(): Promise<void> {
    this.#database = new Life(this.#spawn('database'));
    await until('the database runs', () => readDatabaseAccess(this.home) !== null);
    const { code, errors } = await this.cli('migrate');
    if (code !== 0) throw new Error(`the migration failed: ${errors}`);
    for (const member of this.members) member.start();
    await this.whole();
  }

  /** Resolves when every process of it says that it is ready. */
  async whole(): Promise<void> {
    await until('every process is ready', async () => {
      for (const { app, life } of this.members)
        if (life?.ended) throw new Error(`a ${app} ended instead of serving: ${life.output}`);
      const ready = await Promise.all(this.members.map((member) => this.isReady(member)));
      return ready.every(Boolean);
    });
  }

  /** Ends every app in order; the database stays. */
  async stopApps(): Promise<void> {
    for (const member of this.members) member.signal('SIGTERM');
    await Promise.all(this.members.flatMap(({ life }) => (life === null ? [] : [life.exit])));
  }

  /** Where the log is for whatever is started from now on; null: in the database. */
  keepLogAt(url: string | null): void {
    if (url === null) delete this.#environment['LACUNA_LOG_URL'];
    else this.#environment['LACUNA_LOG_URL'] = url;
  }

  async isReady({ life }: Member): Promise<boolean> {
    const address = serversOf(this.home).find(({ pid }) => pid === life?.pid);
    if (address === undefined) return false;
    try {
      const answer = await fetch(`http://${address.http}/health/ready`, {
        signal: AbortSignal.timeout(3_000),
      });
      await answer.arrayBuffer();
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  /** Where each of its processes answers health and figures. */
  http(): readonly string[] {
    return serversOf(this.home).map(({ http }) => http);
  }

  reached(): Reached | null {
    return this.reachedBy(0);
  }

  /** The fleet as one of many callers sees it: each takes another process of those that live. */
  seenBy(caller: number): Served {
    const reached = (): Reached | null => this.reachedBy(caller);
    const isOver = (): boolean => this.isOver;
    return {
      home: this.home,
      reached,
      ownerUrl: () => this.ownerUrl(),
      get isOver() {
        return isOver();
      },
    };
  }

  ownerUrl(): string {
    return ownerUrlIn(this.home);
  }

  /** Runs `lacuna` with `--json`. */
  cli(...command: readonly string[]): Promise<CliAnswer> {
    const child = this.#spawn(...command, '--json');
    return answerOfCli(child);
  }

  /** Ends whatever runs, and takes the folder away. */
  async remove(): Promise<void> {
    this.isOver = true;
    const lives = [...this.members.map(({ life }) => life), this.#database].filter((life) => life !== null);
    for (const member of this.members) member.signal('SIGCONT');
    for (const life of lives) if (!life.ended) life.signal('SIGINT');
    await Promise.race([Promise.all(lives.map(({ exit }) => exit)), sleep(STOP_MS, null, { ref: false })]);
    for (const life of lives) if (!life.ended) kill9(life.pid);
    killPostmaster(this.home);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  private reachedBy(caller: number): Reached | null {
    const [command, query, admin] = (['command-api', 'query-api', 'reactor'] as const).map(
      (app) => this.living(app, caller)?.grpc,
    );
    if (command === undefined || query === undefined || admin === undefined) return null;
    return { life: `${command} ${query} ${admin}`, command, query, admin };
  }

  private living(app: FleetApp, caller: number): Living | undefined {
    const living = serversOf(this.home).filter((one): one is Living => one.app === app && one.grpc !== null);
    return living[caller % Math.max(1, living.length)];
  }

  #spawn(...command: readonly string[]) {
    return spawn(process.execPath, [CLI, ...command], {
      cwd: ROOT,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}
