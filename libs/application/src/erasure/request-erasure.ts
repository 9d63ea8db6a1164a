import { LacunaError } from '@lacuna/domain/kernel';
import { memberDecider } from '@lacuna/domain/member';
import { erasureScope, type PolicyPack } from '@lacuna/domain/policy';
import type { JsonObject, RecordedEvent } from '@lacuna/event-store';
import { textOf } from '../execute/answers.js';
import { refusal } from '../execute/execute.js';
import { findRequest } from '../execute/find-request.js';
import { contextOf, memberOf, metadataOf } from '../execute/frame.js';
import { fold, loadStream, type LoadedStream } from '../execute/load.js';
import { currentTarget } from '../execute/task.js';
import { targetsOf } from '../execute/targets.js';
import { memberPlace } from '../member/member-task.js';
import type { ErasureRequestedResult, RequestErasure } from '../member/member.commands.js';
import { authorise, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { readFacts, writeFacts } from './erasure-facts.js';
import { planOf } from './erasure-plan.js';
import { recordRestriction } from './record-restriction.js';

type Asked = Readonly<{ reason: string; categories: readonly string[] }>;

/** What is asked for, by name; refused with the clause where the law keeps it (R078). */
const scopeOf = (pack: PolicyPack, asked: Asked): readonly string[] => {
  const scope = erasureScope(pack, asked);
  if (scope.kind === 'refused') throw new LacunaError(scope.code, scope.code, scope.violations);
  return scope.categories;
};

type Recorded = Readonly<{ data: JsonObject; metadata: Pick<RecordedEvent['metadata'], 'occurredAt'> }>;

const answerFrom = ({ data, metadata }: Recorded): ErasureRequestedResult => ({
  erasureId: textOf(data, 'erasureId'),
  restrictedAt: metadata.occurredAt,
});

/** Nothing personal is in this request, and its subject's keys are out of reach by now: a retry is compared by what it says. */
const assertSame = (recorded: JsonObject, { reason }: Asked, categories: readonly string[]): void => {
  const before = recorded['categories'];
  const same =
    recorded['reason'] === reason &&
    Array.isArray(before) &&
    before.length === categories.length &&
    categories.every((category) => before.includes(category));
  if (!same) throw new LacunaError('REQUEST_ID_REUSED', 'it was recorded with another payload');
};

/** An erasure that somebody else has asked for is the one under way. */
const underWay = ({ events }: LoadedStream): ErasureRequestedResult => {
  const requested = events.find(({ type }) => type === 'ErasureRequested');
  if (requested === undefined) throw new LacunaError('ERASURE_NOT_FOUND');
  return answerFrom(requested);
};

/**
 * R077: custody restricts, then the event, then the answer: when it comes, nobody reads any more. A crash after the
 * restriction leaves all that the event needs beside it, for the retry or the reactor.
 */
export const requestErasure = async (
  ports: Ports,
  { frame, data }: RequestErasure,
): Promise<ErasureRequestedResult> => {
  const { caller, requestId } = frame;
  const { tenant } = caller;
  const pack = packOf(ports, tenant);
  const memberId = memberOf(caller, data.memberId);
  authorise(pack, { caller, action: 'request-erasure', memberId });
  const categories = scopeOf(pack, data);
  const at = memberPlace(tenant, memberId);
  const names = ports.custody.requestNames(tenant, caller.client, requestId);
  const [targets, loaded] = await Promise.all([
    targetsOf(names, () => at),
    loadStream(ports.store, at.stream),
  ]);
  const target = currentTarget(targets);
  const found = findRequest(targets, new Map([[loaded.stream, loaded]]));
  if (found !== null) {
    assertSame(found.done.event.data, data, categories);
    return answerFrom(found.done.event);
  }
  const context = contextOf(ports, frame);
  const { reason } = data;
  const decision = memberDecider.decide(
    {
      type: 'RequestErasure',
      data: {
        memberId,
        erasureId: target.id('erasure'),
        reason,
        categories,
        plan: planOf(pack),
        reasons: [...pack.erasure.reasons.keys()],
      },
      context,
    },
    fold(memberDecider, loaded),
  );
  if (decision.kind === 'refused') throw refusal(decision.refusal);
  const [event] = decision.events;
  if (event?.type !== 'ErasureRequested') return underWay(loaded);
  const { actor, processing, policy } = metadataOf(ports, context);
  const facts = writeFacts({ event, eventId: target.eventId(0), actor, processing, policy });
  const restriction = await ports.custody.restrict({ tenant, subject: memberId }, facts, context.at);
  await recordRestriction(ports, restriction);
  const { event: effective } = readFacts(restriction.request);
  return { erasureId: effective.data.erasureId, restrictedAt: restriction.at };
};
