import { activityCategory, activityDecider, type ActivityCommand } from '@lacuna/domain/activity';
import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import type { RecordedEvent } from '@lacuna/event-store';
import { textOf } from '../execute/answers.js';
import { refusal } from '../execute/execute.js';
import { systemContext } from '../execute/frame.js';
import { fold, loadStream } from '../execute/load.js';
import { systemStep } from '../execute/system-step.js';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { activityStream } from './activity-task.js';

export type ActivityRef = Readonly<{ tenant: string; activityId: string }>;

/** The clock ends what nobody ended before (R042). `requestId`: named by the deadline. */
export const endByClock = (
  ports: Ports,
  { tenant, activityId }: ActivityRef,
  requestId: string,
): Promise<boolean> =>
  systemStep(ports, {
    tenant,
    stream: activityStream(tenant, activityId),
    requestId,
    decider: activityDecider,
    command: (context): ActivityCommand => ({
      type: 'EndActivity',
      data: { activityId, by: 'clock' },
      context,
    }),
  });

const participantsOf = (events: readonly RecordedEvent[]): readonly string[] =>
  events.flatMap(({ type, data }) => (type === 'ParticipantSignedUp' ? [textOf(data, 'participantId')] : []));

/** Destroying cannot be undone: the decider is asked before it. False: it has been done and written down. */
const isDue = async (ports: Ports, command: ActivityCommand, stream: string) => {
  const loaded = await loadStream(ports.store, stream);
  const decision = activityDecider.decide(command, fold(activityDecider, loaded));
  if (decision.kind === 'refused') throw refusal(decision.refusal);
  return { due: decision.events.length > 0, participants: participantsOf(loaded.events) };
};

/**
 * R042: who took part is forgotten: the activity's key and the map of its participants go at once, whoever signed up
 * (and where nobody did, it is still written down). Each step answers a repeat with what was done first, so that it
 * goes on after a crash between any two.
 */
export const deleteSignUps = async (
  ports: Ports,
  { tenant, activityId }: ActivityRef,
  keptUntil: Instant,
): Promise<boolean> => {
  const category = packOf(ports, tenant).categories.get(activityCategory);
  if (category === undefined) throw new LacunaError('RETENTION_UNKNOWN');
  const stream = activityStream(tenant, activityId);
  const context = systemContext(ports, tenant);
  const command = (destroyedAt: Instant): ActivityCommand => ({
    type: 'DeleteSignUps',
    data: { activityId, cite: category.cite, keptUntil, destroyedAt },
    context,
  });
  const { due, participants } = await isDue(ports, command(context.at), stream);
  if (!due) return false;
  const destroyed = await ports.custody.destroyScopes({
    tenant,
    category: activityCategory,
    scopes: [activityId],
    participants,
    now: context.at,
  });
  const destroyedAt = destroyed.find(({ scope }) => scope === activityId)?.destroyedAt ?? context.at;
  return systemStep(ports, {
    tenant,
    stream,
    requestId: `delete-sign-ups/${activityId}/${keptUntil}`,
    decider: activityDecider,
    command: () => command(destroyedAt),
  });
};
