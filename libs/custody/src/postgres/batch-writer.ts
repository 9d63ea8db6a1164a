import type { SubjectWriter } from '../custody.port.js';
import type { Settled } from './batcher.js';
import { isPoison, retrying, type Database } from './database.js';
import type { KeyOpener } from './key-opener.js';
import { makeScopes, type ScopeSlot } from './scope-store.js';
import { writeBatch, type WriteJob } from './write-batch.js';

type Answers = readonly Settled<SubjectWriter | null>[];

const scopesOf = (jobs: readonly WriteJob[]): ReadonlyMap<string, ScopeSlot> => {
  const slots = new Map<string, ScopeSlot>();
  for (const job of jobs)
    if (job.kind === 'open' && job.request.mint !== 'none')
      for (const category of job.request.categories)
        slots.set(`${job.request.tenant} ${category}`, { tenant: job.request.tenant, category });
  return slots;
};

/** Runs batches of writes on the writer's connection, each in one transaction, until its outcome is known. */
export class BatchWriter {
  private readonly scopes = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly keys: KeyOpener,
  ) {}

  async run(jobs: readonly WriteJob[]): Promise<Answers> {
    try {
      return await this.whole(jobs);
    } catch (error) {
      if (jobs.length === 1 || !isPoison(error)) throw error;
      return this.oneByOne(jobs);
    }
  }

  /** One of them is at fault itself: only that one is refused. */
  private async oneByOne(jobs: readonly WriteJob[]): Promise<Answers> {
    const answers: Settled<SubjectWriter | null>[] = [];
    for (const job of jobs)
      answers.push(...(await this.whole([job]).catch((error: unknown) => [{ error: error as Error }])));
    return answers;
  }

  private async whole(jobs: readonly WriteJob[]): Promise<Answers> {
    await this.makeScopes(jobs);
    return this.keys.ring.upToDate(() =>
      retrying(() => this.database.write('shared', (client) => writeBatch(client, this.keys, jobs))),
    );
  }

  private async makeScopes(jobs: readonly WriteJob[]): Promise<void> {
    const lacking = [...scopesOf(jobs)].filter(([name]) => !this.scopes.has(name));
    if (lacking.length === 0) return;
    const slots = lacking.map(([, slot]) => slot);
    await this.keys.ring.upToDate(() => makeScopes(this.database, this.keys.ring, slots));
    for (const [name] of lacking) this.scopes.add(name);
  }
}
