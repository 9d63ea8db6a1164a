import type { Provider } from '@nestjs/common';
import type { Instant, LocalDate } from '@lacuna/domain/kernel';
import { behaviourCategory } from '@lacuna/domain/behaviour';
import { lastClosedDay, nextNightlyRun, scopeKind, type PolicyPack } from '@lacuna/domain/policy';
import { ChunkTurns } from '../imports/chunk-turns.js';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { PORTS } from '../tokens.js';
import { Ordinals } from './ordinals.js';

/** What recordings share beside the ports: hints and single flights, nothing that a restart would miss. */
export class Recording {
  readonly ordinals: Ordinals;
  readonly chunks = new ChunkTurns();
  readonly #preparing = new Map<string, Promise<unknown>>();
  readonly #closed = new Map<string, Readonly<{ run: Instant; through: LocalDate }>>();

  constructor(readonly ports: Ports) {
    this.ordinals = new Ordinals(ports.store);
  }

  /** Makes the keys of everybody who lacks them, at once: made one by one they would stand beside a first record. */
  prepare(tenant: string): Promise<unknown> {
    const running = this.#preparing.get(tenant);
    if (running !== undefined) return running;
    const pack = packOf(this.ports, tenant);
    const categories = [...pack.categories.keys()].filter((category) =>
      ['day', 'activity'].includes(scopeKind(pack, category)),
    );
    const preparing = this.ports.custody
      .prepareSubjects(tenant, categories)
      .finally(() => this.#preparing.delete(tenant));
    this.#preparing.set(tenant, preparing);
    return preparing;
  }

  /** `isDayClosed` for many days at one moment; what it says changes only with the nightly run. */
  closedDays(pack: PolicyPack, tenant: string, now: Instant): (day: LocalDate) => boolean {
    const run = nextNightlyRun(pack, now);
    let known = this.#closed.get(tenant);
    if (known?.run !== run) {
      known = { run, through: lastClosedDay(pack, behaviourCategory, now) };
      this.#closed.set(tenant, known);
    }
    const { through } = known;
    return (day) => day <= through;
  }
}

export const recordingProvider: Provider = {
  provide: Recording,
  inject: [PORTS],
  useFactory: (ports: Ports) => new Recording(ports),
};
