import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { clientConfig, type SessionOptions } from './primary-session.js';

/** Wakes those who wait for the log to grow. A notice may be lost; `pollMs` bounds what that costs. */
export type LogListener = Readonly<{
  /** How often something may have happened: take it before reading, wait with it after. */
  ticks(): number;
  nextTick(seen: number, signal: AbortSignal): Promise<void>;
  close(): void;
}>;

const RECONNECT_MS = 500;

class Listener {
  private count = 0;
  private readonly waiting = new Set<() => void>();
  private readonly closing = new AbortController();
  private client: Client | null = null;
  private isListening = false;

  constructor(private readonly options: SessionOptions & Readonly<{ pollMs: number }>) {}

  ticks(): number {
    if (!this.isListening) {
      this.isListening = true;
      void this.listen();
    }
    return this.count;
  }

  nextTick(seen: number, signal: AbortSignal): Promise<void> {
    if (this.count !== seen || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(poll);
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const poll = setTimeout(wake, this.options.pollMs);
      this.waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  close(): void {
    this.closing.abort();
    this.client?.connection.stream.destroy();
  }

  private tick(): void {
    this.count += 1;
    for (const wake of [...this.waiting]) wake();
  }

  private async listen(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      await this.listenOnce().catch(() => undefined);
      await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Until the connection ends. What was missed while there was none is looked for at once. */
  private async listenOnce(): Promise<void> {
    const client = new Client({
      ...clientConfig(this.options),
      application_name: 'lacuna-event-store-listen',
    });
    this.client = client;
    const ended = new Promise<void>((resolve) => {
      client.on('end', () => resolve());
      client.on('error', () => resolve());
    });
    client.on('notification', () => this.tick());
    try {
      await client.connect();
      await client.query('LISTEN lacuna_log');
      this.tick();
      await ended;
    } finally {
      client.connection.stream.destroy();
    }
  }
}

export const createLogListener = (options: SessionOptions & Readonly<{ pollMs: number }>): LogListener =>
  new Listener(options);
