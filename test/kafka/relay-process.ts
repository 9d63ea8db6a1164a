import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicDeclaration } from '@lacuna/contracts';

/** Where a relay of a process of its own stands still, or dies. */
export type Point = Readonly<{
  point: 'before-send' | 'after-commit';
  /** Of its how manieth batch. */
  batch: number;
  signal: 'SIGSTOP' | 'SIGKILL';
}>;

export type RelayProcessOptions = Readonly<{
  databaseUrl: string;
  brokers: readonly string[];
  declared: readonly TopicDeclaration[];
  batchSize?: number;
  leaseMs?: number;
  /** Under a publisher's name of its own: what must not be. */
  apart?: boolean;
  at?: Point;
}>;

type Line = Readonly<{
  batch?: number;
  position?: string;
  trouble?: string;
  gaveUp?: Readonly<{ step: string; asked: string; times: number; type: string }>;
  point?: string;
  rssMb?: number;
}>;

// Also of a test that failed, none is left behind.
const processes = new Set<RelayProcess>();
afterAll(async () => {
  await Promise.all([...processes].map((relay) => relay.kill()));
});

/** A relay as a process of its own, with what it said. */
export class RelayProcess {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(options: RelayProcessOptions) {
    const whole = { batchSize: 100, leaseMs: 2_000, ...options };
    this.#child = spawn(process.execPath, ['test/kafka/relay-child.mjs', JSON.stringify(whole)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    processes.add(this);
    this.#ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve())).then(
      () => void processes.delete(this),
    );
    if (this.#child.stdout)
      createInterface({ input: this.#child.stdout }).on('line', (line) =>
        this.lines.push(JSON.parse(line) as Line),
      );
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get troubles(): readonly string[] {
    return this.lines.flatMap(({ trouble }) => trouble ?? []);
  }

  /** How far it has published; null: nothing yet. */
  get position(): bigint | null {
    const last = this.lines.findLast(({ position }) => position !== undefined)?.position;
    return last === undefined ? null : BigInt(last);
  }

  async until(holds: (relay: RelayProcess) => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    while (!holds(this)) {
      if (performance.now() > deadline) return false;
      await sleep(20);
    }
    return true;
  }

  hasReached(point: Point['point']): boolean {
    return this.lines.some((line) => line.point === point);
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  ended(): Promise<void> {
    return this.#ended;
  }

  /** In order; gives the most memory that it ever had, in MB. */
  async stop(): Promise<number> {
    this.resume();
    this.#child.kill('SIGTERM');
    await this.#ended;
    return this.lines.findLast(({ rssMb }) => rssMb !== undefined)?.rssMb ?? Number.NaN;
  }
}
