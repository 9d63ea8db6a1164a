import type { StoredEvent } from '@lacuna/domain/catalogue';
import type { Sealed } from '@lacuna/domain/kernel';
import type { InfoCorrected } from '@lacuna/domain/member';
import { uniqueFields, type PolicyPack } from '@lacuna/domain/policy';

/** What the log says is still to be done about a subject. One of a kind per subject: each is done from the state of then. */
export type Work = Readonly<{
  /**
   * `erase`: up to destroyed; `finalise`: after a rotation; `claims`: of a corrected unique value; `keys`: those of
   * behaviour and activities for a tenant's new members, all together.
   */
  kind: 'erase' | 'finalise' | 'claims' | 'keys';
  tenant: string;
  /** Empty for `keys`: they are a tenant's. */
  subject: string;
  /** For `finalise`, when the keys were destroyed; for `keys`, the member who came last; else empty. */
  since: string;
}>;

/** Whose erasure it is. */
export const memberOf = ({ tenant, subject }: Work) => ({ tenant, memberId: subject });

export type WorkChange = Readonly<{ change: 'add' | 'drop'; work: Work }>;

const add = (work: Work): WorkChange => ({ change: 'add', work });
const drop = (work: Work): WorkChange => ({ change: 'drop', work });

const setsUnique = ({ data }: InfoCorrected<Sealed>, pack: PolicyPack | undefined): boolean =>
  pack !== undefined && uniqueFields(pack).some((field) => Object.hasOwn(data.changes, field));

/** What an event adds to the work, and takes from it. A pure reading of the log: it may be read again at any time. */
export const workOf = (
  event: StoredEvent,
  tenant: string,
  pack: PolicyPack | undefined,
): readonly WorkChange[] => {
  if (event.type === 'MemberRegistered' && pack !== undefined)
    return [add({ kind: 'keys', tenant, subject: '', since: event.data.memberId })];
  if (event.type === 'ErasureRequested')
    return [add({ kind: 'erase', tenant, subject: event.data.memberId, since: '' })];
  if (event.type === 'MemberErased') {
    const { memberId: subject, destroyedAt: since } = event.data;
    return [
      drop({ kind: 'erase', tenant, subject, since: '' }),
      add({ kind: 'finalise', tenant, subject, since }),
    ];
  }
  if (event.type === 'ErasureFinal')
    return [drop({ kind: 'finalise', tenant, subject: event.data.memberId, since: '' })];
  if (event.type === 'InfoCorrected' && setsUnique(event, pack))
    return [add({ kind: 'claims', tenant, subject: event.data.memberId, since: '' })];
  return [];
};
