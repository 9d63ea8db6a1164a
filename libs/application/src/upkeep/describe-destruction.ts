import { readEvent } from '@lacuna/domain/catalogue';
import { activityCategory } from '@lacuna/domain/activity';
import { identityCategory } from '@lacuna/domain/identity';
import { auditCategory } from '@lacuna/domain/reading';
import type { LoggedDestruction } from '@lacuna/custody';
import type { RecordedEvent } from '@lacuna/event-store';

/** What an event says was destroyed or rotated, for custody's comparison with the log at start; null: nothing. */
export const describeDestruction = (recorded: RecordedEvent): LoggedDestruction | null => {
  const event = readEvent(recorded);
  const { tenant } = recorded.metadata;
  if (event.type === 'MemberErased')
    return { kind: 'erased', tenant, subject: event.data.memberId, categories: event.data.categories };
  if (event.type === 'IdentityErased')
    return { kind: 'erased', tenant, subject: event.data.identityId, categories: [identityCategory] };
  if (event.type === 'BehaviourDayAnonymised')
    return { kind: 'scope', tenant, category: event.data.category, scope: event.data.day };
  if (event.type === 'ReadRecordEnded')
    return { kind: 'scope', tenant, category: auditCategory, scope: event.data.month };
  if (event.type === 'SignUpsDeleted')
    return { kind: 'scope', tenant, category: activityCategory, scope: event.data.activityId };
  if (event.type === 'KeysRotated')
    return { kind: 'rotated', keyClass: event.data.keyClass, epoch: event.data.epoch };
  return null;
};
