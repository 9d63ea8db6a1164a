import type { SubjectWriter } from '../custody.port.js';
import type { Settled } from './batcher.js';
import { isPoison, retrying, type Database } from './database.js';
import { scopesOf, slotName, uniqueSlots } from './asked.js';
import type { KeyOpener, ScopeSlot } from './key-opener.js';
import { makeScopes } from './scope-store.js';
import { writeBatch, type WriteJob } from './write-batch.js';

type Answers = readonly Settled<SubjectWriter | null>[];

const neededScopes = (jobs: readonly WriteJob[]): readonly ScopeSlot[] =>
  uniqueSlots(
    jobs.flatMap((job) => (job.kind === 'open' && job.request.mint !== 'none' ? scopesOf(job.request) : [])),
  );

/** Names that fill as the tenants and their months do: emptied now and then, it costs a look at rows that are there. */
const MOST_KNOWN = 10_000;

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
    const lacking = neededScopes(jobs).filter((slot) => !this.scopes.has(slotName(slot)));
    if (lacking.length === 0) return;
    await this.keys.ring.upToDate(() => makeScopes(this.database, this.keys.ring, lacking));
    if (this.scopes.size > MOST_KNOWN) this.scopes.clear();
    for (const slot of lacking) this.scopes.add(slotName(slot));
  }
}
