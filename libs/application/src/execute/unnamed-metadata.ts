import type { EventMetadata, LocalDate, Processing } from '@lacuna/domain/kernel';
import { localDate, startOfDay } from '@lacuna/domain/policy';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';

/** The true actor, channel, purposes and times stand in the sealed body (R003, R013). */
const SEALED: Processing = {
  channel: 'sealed',
  lawfulBasis: 'sealed',
  purposes: ['sealed'],
  noticeVersion: null,
  provenance: 'sealed',
};

/**
 * What stands in clear beside an event that names nobody: the same for everybody of a day. An exact time, an actor or
 * a channel would lead back to the person by what else was recorded at that moment. `occurredAt` is the local
 * midnight that begins the recording day; append with the same instant as `now`.
 */
export const unnamedMetadata = (ports: Ports, tenant: string, recordingDay: LocalDate): EventMetadata => {
  const pack = packOf(ports, tenant);
  return {
    tenant,
    occurredAt: startOfDay(pack, recordingDay),
    actor: { id: 'sealed', role: 'sealed' },
    processing: SEALED,
    policy: pack.id,
  };
};

/** The local day on which something is recorded now. */
export const recordingDay = (ports: Ports, tenant: string): LocalDate =>
  localDate(ports.clock.now(), packOf(ports, tenant).zone);
