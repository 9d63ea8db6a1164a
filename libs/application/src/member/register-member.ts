import { memberDecider, type MemberInfo as NewMember } from '@lacuna/domain/member';
import { neverNothing, textOf } from '../execute/answers.js';
import { execute } from '../execute/execute.js';
import { contextOf, metadataOf } from '../execute/frame.js';
import { targetsOf } from '../execute/targets.js';
import { authoriseCollection, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { claimsOf, memberPlace, provided, sealingOf, today, type MemberTask } from './member-task.js';
import type { MemberInfo, MemberRegisteredResult, RegisterMember } from './member.commands.js';

/** An absent name or mobile is refused by the decider, as an empty one is. */
const newMember = (info: MemberInfo): NewMember<string> => ({
  ...info,
  name: info.name ?? '',
  mobile: info.mobile ?? '',
});

/** Look -> decide -> one commit in custody (subject, keys, claims) -> append -> claims confirmed a little later. */
export const registerMember = async (
  ports: Ports,
  { frame, info }: RegisterMember,
): Promise<MemberRegisteredResult> => {
  const { caller, requestId, processing } = frame;
  const { tenant, client } = caller;
  const pack = packOf(ports, tenant);
  authoriseCollection(pack, { caller, action: 'register', memberId: null }, processing, provided(info));
  return execute(ports, (): MemberTask<MemberRegisteredResult> => {
    const context = contextOf(ports, frame);
    return {
      targets: () =>
        targetsOf(ports.custody.requestNames(tenant, client, requestId), (one) =>
          memberPlace(tenant, one.id('member')),
        ),
      creates: true,
      folding: memberDecider,
      sealing: (subject) => ({ ...sealingOf(tenant, 'subject')(subject), claims: claimsOf(pack) }),
      payload: info,
      metadata: metadataOf(ports, context),
      now: context.at,
      decide: (member, { subject: memberId }) =>
        memberDecider.decide(
          {
            type: 'RegisterMember',
            data: { memberId, info: newMember(info), today: today(pack, context) },
            context,
          },
          member,
        ),
      appended: (_event, writer) => ports.confirmations.add(writer?.claims ?? []),
      answer: ({ event, position }) => ({ memberId: textOf(event.data, 'memberId'), position }),
      nothing: neverNothing,
    };
  });
};
