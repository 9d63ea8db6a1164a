import { randomUUID } from 'node:crypto';
import type { behaviourV1, memberV1, queryV1 } from '@lacuna/contracts';
import { answerOf, callOptions } from '../connection/server.js';
import type { CommandResult } from '../output/output.js';
import { table } from '../output/table.js';
import { callerAs, withServer, type CommandContext } from './command-context.js';
import { assignmentsOf, assignmentsText } from './runner.js';

type Frame = Readonly<{
  member: string;
  role: string;
  purpose: string;
  channel: string;
  notice: string;
  requestId?: string;
}>;
export type BehaviourRecordOptions = Frame & Readonly<{ kind: string; on: string; set: readonly string[] }>;
export type BehaviourCorrectOptions = Frame & Readonly<{ behaviour: string; set: readonly string[] }>;
export type BehaviourListOptions = Readonly<{
  member: string;
  role: string;
  purpose: string;
  kinds: readonly string[];
}>;

const processingOf = ({ channel, notice, purpose }: Frame): memberV1.Processing => ({
  channel,
  lawfulBasis: 'contract',
  purposes: [purpose],
  noticeVersion: notice,
  provenance: 'subject',
});

/** `behaviour record <member> --kind k --on day --set item=value`. */
export const behaviourRecordCommand = (
  context: CommandContext,
  options: BehaviourRecordOptions,
): Promise<CommandResult> =>
  withServer(context, callerAs(options.role, options.member), async (server) => {
    const requestId = options.requestId ?? randomUUID();
    const behaviour: behaviourV1.Behaviour = {
      member: { $case: 'memberId', value: options.member },
      kind: options.kind,
      occurred: options.on,
      details: assignmentsOf(options.set),
    };
    const answer = await answerOf<behaviourV1.RecordBehaviourResponse>((callback) =>
      server.behaviour.recordBehaviour(
        { requestId, processing: processingOf(options), behaviour },
        server.metadata,
        callOptions(),
        callback,
      ),
    );
    const { behaviourId, day, countedOnly } = answer;
    return {
      document: { ...answer, requestId },
      lines: [countedOnly ? `${day}: its window has closed; counted only` : `behaviour ${behaviourId}`],
      exitCode: 0,
    };
  });

/** `behaviour correct <member> <behaviour> --set item=value`: all its details, as they are right. */
export const behaviourCorrectCommand = (
  context: CommandContext,
  options: BehaviourCorrectOptions,
): Promise<CommandResult> =>
  withServer(context, callerAs(options.role, options.member), async (server) => {
    const requestId = options.requestId ?? randomUUID();
    const request = {
      requestId,
      processing: processingOf(options),
      memberId: options.member,
      behaviourId: options.behaviour,
      details: assignmentsOf(options.set),
    };
    await answerOf<behaviourV1.CorrectBehaviourResponse>((callback) =>
      server.behaviour.correctBehaviour(request, server.metadata, callOptions(), callback),
    );
    return { document: { requestId }, lines: ['done'], exitCode: 0 };
  });

/** `behaviour list <member> --purpose p`: a read like any other, decided by the pack and recorded in the trail. */
export const behaviourListCommand = (
  context: CommandContext,
  options: BehaviourListOptions,
): Promise<CommandResult> =>
  withServer(context, callerAs(options.role, options.member), async (server) => {
    const request: queryV1.ListBehaviourRequest = {
      by: { $case: 'memberId', value: options.member },
      purpose: options.purpose,
      kinds: [...options.kinds],
      fromDay: '',
      toDay: '',
    };
    const answer = await answerOf<queryV1.ListBehaviourResponse>((callback) =>
      server.query.listBehaviour(request, server.metadata, callOptions(), callback),
    );
    const rows = answer.entries.map(({ behaviourId, occurred, kind, details, corrected }) => [
      behaviourId,
      occurred,
      kind,
      assignmentsText(details),
      corrected ? '(corrected)' : '',
    ]);
    return {
      document: answer,
      lines: [
        ...table([['behaviour', 'when', 'kind', 'details', ''], ...rows]),
        '',
        `live from ${answer.liveFrom}`,
      ],
      exitCode: 0,
    };
  });
