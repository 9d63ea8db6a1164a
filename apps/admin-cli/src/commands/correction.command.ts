import { randomUUID } from 'node:crypto';
import type { memberV1 } from '@lacuna/contracts';
import { answerOf, callOptions } from '../connection/server.js';
import { CliError } from '../output/cli-error.js';
import type { CommandResult } from '../output/output.js';
import { callerAs, withServer, type CommandContext } from './command-context.js';
import { assignmentsOf } from './runner.js';

type Shared = Readonly<{ member: string; role: string; channel: string; notice: string; requestId?: string }>;
export type CorrectionRequestOptions = Shared & Readonly<{ set: readonly string[] }>;
export type CorrectionApplyOptions = Shared & Readonly<{ correction: string }>;

const fields = [
  'name',
  'mobile',
  'memberLevel',
  'vehicleMake',
  'vehicleModel',
  'plate',
  'vin',
  'joinedOn',
  'customerNumber',
] as const satisfies readonly (keyof memberV1.MemberInfo)[];

const changesOf = (assignments: readonly string[]): memberV1.MemberInfo => {
  const changes: memberV1.MemberInfo = {};
  for (const [name, value] of Object.entries(assignmentsOf(assignments))) {
    const field = fields.find((known) => known === name);
    if (field === undefined)
      throw new CliError(2, `--set takes field=value, with one of the fields ${fields.join(', ')}`);
    changes[field] = value;
  }
  return changes;
};

const processingOf = ({ channel, notice }: Shared): memberV1.Processing => ({
  channel,
  lawfulBasis: 'contract',
  purposes: ['service'],
  noticeVersion: notice,
  provenance: 'subject',
});

/** `correction request <member> --set field=value`: the clock of R072 starts. */
export const correctionRequestCommand = (
  context: CommandContext,
  options: CorrectionRequestOptions,
): Promise<CommandResult> => {
  const changes = changesOf(options.set);
  return withServer(context, callerAs(options.role, options.member), async (server) => {
    const requestId = options.requestId ?? randomUUID();
    const request = { requestId, processing: processingOf(options), memberId: options.member, changes };
    const answer = await answerOf<memberV1.RequestCorrectionResponse>((callback) =>
      server.member.requestCorrection(request, server.metadata, callOptions(), callback),
    );
    return {
      document: { ...answer, requestId },
      lines: [`correction ${answer.correctionId}, due ${answer.dueAt}`],
      exitCode: 0,
    };
  });
};

/** `correction apply <member> <correction>`: done as it was asked for. */
export const correctionApplyCommand = (
  context: CommandContext,
  options: CorrectionApplyOptions,
): Promise<CommandResult> =>
  withServer(context, callerAs(options.role, options.member), async (server) => {
    const requestId = options.requestId ?? randomUUID();
    const request = {
      requestId,
      processing: processingOf(options),
      memberId: options.member,
      correctionId: options.correction,
    };
    const answer = await answerOf<memberV1.ApplyCorrectionResponse>((callback) =>
      server.member.applyCorrection(request, server.metadata, callOptions(), callback),
    );
    return {
      document: { ...answer, requestId },
      lines: [`done, at position ${answer.position}`],
      exitCode: 0,
    };
  });
