import { memberDecider } from '@lacuna/domain/member';
import { dueOf } from '@lacuna/domain/policy';
import { neverNothing, textOf } from '../execute/answers.js';
import { execute } from '../execute/execute.js';
import { contextOf, memberOf, metadataOf } from '../execute/frame.js';
import { targetsOf } from '../execute/targets.js';
import { authoriseCollection, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { memberPlace, provided, sealingOf, today, type MemberTask } from './member-task.js';
import type { CorrectionRequestedResult, RequestCorrection } from './member.commands.js';

/** The clock of R072 starts with the event's own time: nothing is opened, what is asked is sealed as it came. */
export const requestCorrection = async (
  ports: Ports,
  { frame, data }: RequestCorrection,
): Promise<CorrectionRequestedResult> => {
  const { caller, requestId, processing } = frame;
  const { tenant, client } = caller;
  const pack = packOf(ports, tenant);
  const memberId = memberOf(caller, data.memberId);
  const { changes } = data;
  authoriseCollection(
    pack,
    { caller, action: 'request-correction', memberId },
    processing,
    provided(changes),
  );
  const at = memberPlace(tenant, memberId);
  return execute(ports, (): MemberTask<CorrectionRequestedResult> => {
    const context = contextOf(ports, frame);
    return {
      targets: () => targetsOf(ports.custody.requestNames(tenant, client, requestId), () => at),
      at,
      folding: memberDecider,
      sealing: sealingOf(tenant, 'none'),
      payload: { memberId, changes },
      metadata: metadataOf(ports, context),
      now: context.at,
      decide: (member, { id }) =>
        memberDecider.decide(
          {
            type: 'RequestCorrection',
            data: { memberId, correctionId: id('correction'), changes, today: today(pack, context) },
            context,
          },
          member,
        ),
      answer: ({ event, position, recordedAt }) => ({
        correctionId: textOf(event.data, 'correctionId'),
        dueAt: dueOf(pack, 'correction', recordedAt).dueAt,
        position,
      }),
      nothing: neverNothing,
    };
  });
};
