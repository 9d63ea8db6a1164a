import { LacunaError, type CommandContext, type Sealed } from '@lacuna/domain/kernel';
import {
  isMemberField,
  memberDecider,
  memberFields,
  type Member,
  type MemberChanges,
  type MemberField,
} from '@lacuna/domain/member';
import { uniqueFields, type PolicyPack } from '@lacuna/domain/policy';
import type { SubjectWriter } from '@lacuna/custody';
import type { NewEvent } from '@lacuna/event-store';
import { freeOldClaims } from '../claims/free-old-claims.js';
import { execute } from '../execute/execute.js';
import { contextOf, memberOf, metadataOf } from '../execute/frame.js';
import type { LoadedStream } from '../execute/load.js';
import { targetsOf } from '../execute/targets.js';
import { authoriseCollection, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { claimsOf, memberPlace, memberStream, sealingOf, type MemberTask } from './member-task.js';
import type { ApplyCorrection, CorrectionAppliedResult } from './member.commands.js';
import { openChanges } from './open-changes.js';

const requested = (member: Member, correctionId: string): MemberChanges<Sealed> => {
  const correction = member.corrections[correctionId];
  return correction === undefined || correction.status === 'applied' ? {} : correction.changes;
};

/** Those of the correction; of one that is not there, all: who may not correct learns nothing from the answer. */
const fieldsAsked = (changes: MemberChanges<Sealed>): readonly MemberField[] => {
  const fields = Object.keys(changes).filter(isMemberField);
  return fields.length > 0 ? fields : memberFields;
};

const appliedIn = ({ events }: LoadedStream, correctionId: string): CorrectionAppliedResult => {
  const applied = events.find(
    ({ type, data }) => type === 'InfoCorrected' && data['correctionId'] === correctionId,
  );
  if (applied === undefined) throw new LacunaError('CORRECTION_NOT_FOUND');
  return { position: applied.position };
};

/** The correction is in the log: what fails here is made good by the reactor, and is not the caller's answer. */
const takeIntoUse = async (
  ports: Ports,
  pack: PolicyPack,
  context: Readonly<{ tenant: string; memberId: string }>,
  [event, writer]: readonly [NewEvent, SubjectWriter | null],
): Promise<void> => {
  const changes = event.data['changes'] as MemberChanges<Sealed>;
  const kinds = uniqueFields(pack).filter((field) => Object.hasOwn(changes, field));
  const { tenant, memberId } = context;
  await freeOldClaims(ports, {
    subject: { tenant, subject: memberId },
    stream: memberStream(tenant, memberId),
    eventId: event.id,
    kinds,
    ids: writer?.claims ?? [],
  }).catch(() => undefined);
};

/** Opens what was asked for, seals it again under the new event; for a unique field: claim, append, confirm, free the old. */
export const applyCorrection = async (
  ports: Ports,
  { frame, data }: ApplyCorrection,
): Promise<CorrectionAppliedResult> => {
  const { caller, requestId, processing } = frame;
  const { tenant, client } = caller;
  const { correctionId } = data;
  const pack = packOf(ports, tenant);
  const memberId = memberOf(caller, data.memberId);
  const decide = async (member: Member, context: CommandContext) => {
    const sealed = requested(member, correctionId);
    authoriseCollection(pack, { caller, action: 'correct', memberId }, processing, fieldsAsked(sealed));
    const changes = await openChanges(ports.custody, tenant, sealed);
    return memberDecider.decide(
      { type: 'ApplyCorrection', data: { memberId, correctionId, changes }, context },
      member,
    );
  };
  const at = memberPlace(tenant, memberId);
  return execute(ports, (): MemberTask<CorrectionAppliedResult> => {
    const context = contextOf(ports, frame);
    return {
      targets: () => targetsOf(ports.custody.requestNames(tenant, client, requestId), () => at),
      at,
      folding: memberDecider,
      sealing: (subject) => ({ ...sealingOf(tenant, 'none')(subject), claims: claimsOf(pack) }),
      payload: { memberId, correctionId },
      metadata: metadataOf(ports, context),
      now: context.at,
      decide: (member) => decide(member, context),
      appended: (event, writer) => takeIntoUse(ports, pack, { tenant, memberId }, [event, writer]),
      answer: ({ position }) => ({ position }),
      nothing: (_member, loaded) => appliedIn(loaded, correctionId),
    };
  });
};
