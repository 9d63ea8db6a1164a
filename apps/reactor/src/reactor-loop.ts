import { hasWork, type Ports, type Reactor } from '@lacuna/application';
import { troubleCode } from '@lacuna/runtime';

export type ReactorLoopOptions = Readonly<{
  reactor: Reactor;
  ports: Ports;
  /** Gets a stable code and what it is about, never a value. Called again for as long as the trouble lasts. */
  onTrouble?: (code: string, what: string) => void;
  /** How long it may rest when nothing is due and nothing happens. */
  restMs?: number;
  /** How soon what has failed is tried again. */
  retryMs?: number;
  /** How soon it reads on when the log holds nothing for it: how far it has come is how anybody sees that it lives. */
  followMs?: number;
  /** After every settling. */
  onSettled?: () => void;
  /** How long it gathers what comes in a stream, members of an import for one, into one settling. */
  gatherMs?: number;
}>;

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/**
 * Keeps a store settled: at the start, when the log holds something to do, when something falls due, and every so
 * often for what crashes have left behind. It only decides when; what happens, and that it happens once, is the
 * reactor's.
 */
export class ReactorLoop {
  #wake: () => void = () => undefined;

  constructor(private readonly options: ReactorLoopOptions) {}

  /** Until the signal aborts; ends after the settling under way. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      await Promise.all([this.#settleAgainAndAgain(signal), this.#watchTheLog(signal)]);
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  async #settleAgainAndAgain(signal: AbortSignal): Promise<void> {
    const { gatherMs = 100 } = this.options;
    const ended = abortOf(signal);
    while (!signal.aborted) {
      const woken = this.#nextWake();
      const restMs = await this.#settle();
      this.options.onSettled?.();
      await this.#rest(restMs, woken);
      await this.#rest(Math.min(restMs, gatherMs), ended);
    }
  }

  /** How long nothing needs to be done. */
  async #settle(): Promise<number> {
    const { reactor, onTrouble = () => undefined, retryMs = 2_000 } = this.options;
    try {
      await reactor.settle();
      for (const { kind, code } of reactor.failures) onTrouble(code, kind);
      if (reactor.paused) onTrouble('CLOCK_JUMP_PAUSED', 'nightly-run');
      return reactor.failures.length > 0 ? retryMs : await this.#untilDue();
    } catch (error) {
      onTrouble(troubleCode(error), 'settle');
      return retryMs;
    }
  }

  /** A simulated clock stands still until somebody walks it, and whoever does settles on the way. */
  async #untilDue(): Promise<number> {
    const { reactor, ports, restMs = 30_000 } = this.options;
    if (ports.clock.kind === 'simulated' || reactor.paused) return restMs;
    const now = ports.clock.now();
    const due = await reactor.nextDue(now);
    return due === null ? restMs : Math.min(restMs, Math.max(0, Date.parse(due.at) - Date.parse(now)));
  }

  #nextWake(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #rest(ms: number, woken: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const rested = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([rested, woken]);
    clearTimeout(timer);
  }

  /** A hint, no more: what it misses is found at the next settling. */
  async #watchTheLog(signal: AbortSignal): Promise<void> {
    const { onTrouble = () => undefined, retryMs = 2_000 } = this.options;
    const ended = abortOf(signal);
    while (!signal.aborted) {
      const trouble = await this.#wakeByTheLog(signal);
      if (trouble === null) return;
      onTrouble(troubleCode(trouble), 'log');
      await this.#rest(retryMs, ended);
    }
  }

  /** Until the signal aborts (null), or the log cannot be followed. */
  async #wakeByTheLog(signal: AbortSignal): Promise<unknown> {
    const { ports, followMs = 5_000 } = this.options;
    let soon: NodeJS.Timeout | undefined;
    const later = (): void => {
      soon = undefined;
      this.#wake();
    };
    try {
      for await (const batch of ports.store.subscribe(await ports.store.head(), { signal })) {
        if (hasWork(ports, batch)) this.#wake();
        else if (batch.events.length > 0) soon ??= setTimeout(later, followMs);
      }
      return null;
    } catch (error) {
      return signal.aborted ? null : error;
    } finally {
      clearTimeout(soon);
    }
  }
}
