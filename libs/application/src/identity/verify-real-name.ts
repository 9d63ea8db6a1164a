import { LacunaError, streamId, type Sealed } from '@lacuna/domain/kernel';
import {
  identityCategory,
  identityDecider,
  type Identity,
  type IdentityEvent,
} from '@lacuna/domain/identity';
import { memberCategory, memberDecider } from '@lacuna/domain/member';
import { localDate, uniqueFields } from '@lacuna/domain/policy';
import { neverNothing } from '../execute/answers.js';
import { execute } from '../execute/execute.js';
import { contextOf, memberOf, metadataOf } from '../execute/frame.js';
import { fold, loadStream } from '../execute/load.js';
import type { Targets, Task } from '../execute/task.js';
import { memberStream } from '../member/member-task.js';
import type { VerifyRealName } from '../member/member.commands.js';
import { authoriseCollection, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';

/** The label an identity's id is derived under: custody frees its claims by it when the member is erased. */
export const identityLabel = 'real-name';

type Verification = Readonly<{ tenant: string; memberId: string; now: string }>;

/**
 * The identity's own names, derived under the member's key: they die with it, and hold nothing of the request.
 * Were they made of the request id, whoever holds the caller's file could tie the record to the member.
 */
const identityTargets = async (ports: Ports, { tenant, memberId, now }: Verification): Promise<Targets> => {
  const subject = { tenant, subject: memberId };
  const opening = ports.custody.open({ ...subject, categories: [memberCategory], mint: 'none', now });
  opening.catch(() => undefined);
  const member = fold(memberDecider, await loadStream(ports.store, memberStream(tenant, memberId)));
  if (member.status === 'absent') throw new LacunaError('MEMBER_NOT_FOUND');
  const writer = await opening;
  const derived = (label: string): string => writer.deriveId(memberCategory, label);
  const identityId = derived(identityLabel);
  return [
    {
      stream: streamId(tenant, 'identity', identityId),
      subject: identityId,
      epoch: null,
      id: (label: string) => derived(`${identityLabel}/${label}`),
      eventId: (index: number) => derived(`${identityLabel}/event/${String(index)}`),
    },
  ];
};

type IdentityTask = Task<Identity, IdentityEvent<Sealed>, IdentityEvent<string>, void>;

/** R001, R078: a record of its own that names no member. A repeat with the same values is answered, with others refused. */
export const verifyRealName = async (ports: Ports, { frame, data }: VerifyRealName): Promise<void> => {
  const { caller, processing } = frame;
  const { tenant } = caller;
  const { name, idNumber } = data;
  const pack = packOf(ports, tenant);
  const memberId = memberOf(caller, data.memberId);
  const asked = { caller, action: 'verify-real-name', memberId } as const;
  authoriseCollection(pack, asked, processing, ['realName', 'idNumber']);
  const claims = ({ type, data: decided }: IdentityEvent<string>) =>
    type === 'RealNameVerified' && uniqueFields(pack).includes('idNumber')
      ? [{ kind: 'idNumber', value: decided.idNumber }]
      : [];
  return execute(ports, (): IdentityTask => {
    const context = contextOf(ports, frame);
    const today = localDate(context.at, pack.zone);
    return {
      targets: () => identityTargets(ports, { tenant, memberId, now: context.at }),
      creates: true,
      folding: identityDecider,
      sealing: (subject) => ({
        subject: { tenant, subject },
        categories: [identityCategory],
        mint: 'subject',
        alsoLive: [memberId],
        digest: identityCategory,
        claims,
      }),
      payload: { name, idNumber },
      // The names come from the member alone: another payload is another verification of the same member.
      otherPayload: 'REAL_NAME_VERIFIED_ALREADY',
      metadata: metadataOf(ports, context),
      now: context.at,
      decide: (identity, { subject: identityId }) =>
        identityDecider.decide(
          { type: 'VerifyRealName', data: { identityId, name, idNumber, today }, context },
          identity,
        ),
      appended: (_event, writer) => ports.confirmations.add(writer?.claims ?? []),
      answer: () => undefined,
      nothing: neverNothing,
    };
  });
};
