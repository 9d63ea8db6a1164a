import { hasCode, type Sealed } from '@lacuna/domain/kernel';
import { memberCategory, memberFields, type MemberChanges } from '@lacuna/domain/member';
import { uniqueFields } from '@lacuna/domain/policy';
import type { RecordedEvent } from '@lacuna/event-store';
import { attempts } from '../execute/attempts.js';
import { loadStream } from '../execute/load.js';
import { memberStream } from '../member/member-task.js';
import { openChanges } from '../member/open-changes.js';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { holds } from './claimed-fields.js';
import { freeOldClaims } from './free-old-claims.js';
import { openForWriting } from './open-for-writing.js';

type Setting = Readonly<{ kind: string; event: RecordedEvent; sealed: Sealed }>;

/** The corrections that unique fields have their values from. */
const settingsOf = (events: readonly RecordedEvent[], unique: readonly string[]): readonly Setting[] =>
  unique.flatMap((kind) => {
    const event = events.find(
      ({ id, type }) => type === 'InfoCorrected' && holds(events, { kind, eventId: id }),
    );
    const sealed = (event?.data['changes'] as Readonly<Record<string, Sealed>> | undefined)?.[kind];
    return event === undefined || sealed === undefined ? [] : [{ kind, event, sealed }];
  });

const isGone = (error: unknown): boolean =>
  hasCode(error, 'SUBJECT_ERASED', 'SUBJECT_RESTRICTED', 'SUBJECT_UNKNOWN');

const reclaimOne = async (
  ports: Ports,
  { tenant, subject }: Readonly<{ tenant: string; subject: string }>,
  { kind, event, sealed }: Setting,
): Promise<void> => {
  const field = memberFields.find((known) => known === kind);
  if (field === undefined) return;
  const changes: MemberChanges<Sealed> = { [field]: sealed };
  const value = (await openChanges(ports.custody, tenant, changes))[field] ?? '';
  const expected = event.revision === 0n ? ('none' as const) : event.revision - 1n;
  const writer = await openForWriting(ports, {
    tenant,
    subject,
    categories: [memberCategory],
    mint: 'none',
    claims: [{ kind, value, stream: event.stream, expected, eventId: event.id }],
    now: ports.clock.now(),
  });
  await freeOldClaims(ports, {
    subject: { tenant, subject },
    stream: event.stream,
    eventId: event.id,
    kinds: [kind],
    ids: writer.claims,
  });
};

/**
 * Makes good what a crash after a correction left undone: the new value is claimed by the event that set it, and the
 * old one is freed. Where nothing was left undone it changes nothing. An erased member's claims went with the keys.
 */
export const reclaim = (ports: Ports, ref: Readonly<{ tenant: string; subject: string }>): Promise<void> =>
  attempts(async () => {
    const { events } = await loadStream(ports.store, memberStream(ref.tenant, ref.subject));
    for (const setting of settingsOf(events, uniqueFields(packOf(ports, ref.tenant)))) {
      try {
        await reclaimOne(ports, ref, setting);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
  });
