import type { Restriction } from '@lacuna/custody';
import { memberDecider } from '@lacuna/domain/member';
import { attempts, MovedOn } from '../execute/attempts.js';
import { fold, loadStream } from '../execute/load.js';
import { toStored } from '../execute/write.js';
import { memberStream } from '../member/member-task.js';
import type { Ports } from '../ports.js';
import { readFacts } from './erasure-facts.js';

/**
 * Writes down the erasure a restriction was made for, with the time at which reads stopped, and tells custody.
 * Whoever comes first does it: the request itself, its retry, or the reactor after a crash. Safe to repeat.
 */
export const recordRestriction = (
  ports: Ports,
  { tenant, subject, at, request }: Restriction,
): Promise<void> =>
  attempts(async () => {
    const { event, eventId, actor, processing, policy } = readFacts(request);
    const loaded = await loadStream(ports.store, memberStream(tenant, subject));
    const member = fold(memberDecider, loaded);
    if (member.erasure === null) {
      const result = await ports.store.append({
        stream: loaded.stream,
        expected: loaded.last ?? 'none',
        events: [toStored(event, eventId, { tenant, occurredAt: at, actor, processing, policy }, null)],
        now: ports.clock.now(),
      });
      if (result.kind === 'conflict') throw new MovedOn('REVISION_CONFLICT');
    }
    await ports.custody.restrictionRecorded({ tenant, subject });
  });
