export type HealthState = 'serving' | 'not-serving';

/** One part's answer: `reason` is a phrase for an operator, without values. */
export type HealthReport = Readonly<{ name: string; state: HealthState; reason?: string }>;

export type HealthCheck = () => Promise<Readonly<{ state: HealthState; reason?: string }>>;

const CHECK_MS = 2_000;

/** What has not answered for so long may have lost its connection: it is asked again. */
const PATIENCE_MS = 10_000;

const limited = async (check: HealthCheck): Promise<Awaited<ReturnType<HealthCheck>>> => {
  const limit = new AbortController();
  const late = new Promise<Awaited<ReturnType<HealthCheck>>>((resolve) => {
    const timer = setTimeout(() => resolve({ state: 'not-serving', reason: 'no answer in 2 s' }), CHECK_MS);
    limit.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return { state: 'not-serving', reason: 'the check failed' };
  } finally {
    limit.abort();
  }
};

/**
 * What the health endpoints of a process answer. Alive: the process runs. Ready: every part says it serves, and the
 * process is not draining. A check that throws or takes more than 2 s is a part that does not serve.
 */
export class HealthRegistry {
  readonly #checks = new Map<string, HealthCheck>();
  readonly #asking = new Map<string, Readonly<{ since: number; answer: ReturnType<HealthCheck> }>>();
  #draining = false;

  register(name: string, check: HealthCheck): void {
    if (this.#checks.has(name)) throw new Error(`a health check "${name}" is there already`);
    this.#checks.set(name, check);
  }

  /** From now on not ready: callers go elsewhere while what is under way is finished. */
  drain(): void {
    this.#draining = true;
  }

  async report(): Promise<readonly HealthReport[]> {
    const parts = await Promise.all(
      [...this.#checks].map(async ([name, check]) => ({
        name,
        ...(await limited(() => this.#ask(name, check))),
      })),
    );
    return this.#draining ? [{ name: 'process', state: 'not-serving', reason: 'draining' }, ...parts] : parts;
  }

  // A part that does not answer is asked once in a while, however many probes come (A11: nothing piles up).
  #ask(name: string, check: HealthCheck): ReturnType<HealthCheck> {
    const asked = this.#asking.get(name);
    if (asked !== undefined && performance.now() - asked.since < PATIENCE_MS) return asked.answer;
    const answer = check().finally(() => {
      if (this.#asking.get(name)?.answer === answer) this.#asking.delete(name);
    });
    this.#asking.set(name, { since: performance.now(), answer });
    return answer;
  }

  async isReady(): Promise<boolean> {
    return (await this.report()).every(({ state }) => state === 'serving');
  }
}
