import type { queryV1 } from '@lacuna/contracts';
import { answerOf, callOptions } from '../connection/server.js';
import { CliError } from '../output/cli-error.js';
import type { CommandResult } from '../output/output.js';
import { table } from '../output/table.js';
import { withServer, type CommandContext } from './command-context.js';

export type MemberGetOptions = Readonly<{
  id?: string;
  mobile?: string;
  customerNumber?: string;
  purpose: string;
  role: string;
  fields: readonly string[];
  asOf?: string;
}>;

const byOf = ({ id, mobile, customerNumber }: MemberGetOptions): queryV1.GetMemberRequest['by'] => {
  const given = [
    ...(id === undefined ? [] : [{ $case: 'memberId' as const, value: id }]),
    ...(mobile === undefined ? [] : [{ $case: 'mobile' as const, value: mobile }]),
    ...(customerNumber === undefined ? [] : [{ $case: 'customerNumber' as const, value: customerNumber }]),
  ];
  if (given.length !== 1) throw new CliError(2, 'give one of --id, --mobile, --customer-number');
  return given[0];
};

/** `member get`: a read like any other caller's, decided by the pack and recorded in the trail. */
export const memberGetCommand = (
  context: CommandContext,
  options: MemberGetOptions,
): Promise<CommandResult> => {
  const by = byOf(options);
  const { role, id } = options;
  return withServer(
    context,
    role === 'member' && id !== undefined ? { role, memberId: id } : { role },
    async (server) => {
      const request: queryV1.GetMemberRequest = {
        by,
        purpose: options.purpose,
        fields: [...options.fields],
        asOf: options.asOf ?? '',
        minPosition: '',
      };
      const member = await answerOf<queryV1.GetMemberResponse>((callback) =>
        server.query.getMember(request, server.metadata, callOptions(), callback),
      );
      const rows = member.fields.map(({ name, value, masked }) => [name, value, masked ? '(masked)' : '']);
      return {
        document: member,
        lines: table([['member', member.memberId, ''], ...rows]),
        exitCode: 0,
      };
    },
  );
};
