import type { queryV1 } from '@lacuna/contracts';
import { answerOf, callOptions } from '../connection/server.js';
import type { CommandResult } from '../output/output.js';
import { withServer, type CommandContext } from './command-context.js';

export type AuditShowOptions = Readonly<{
  member?: string;
  from?: string;
  to?: string;
  lang: string;
  pageSize: number;
  pageToken?: string;
}>;

const requestOf = (options: AuditShowOptions): queryV1.ListAuditTrailRequest => ({
  memberId: options.member ?? '',
  from: options.from ?? '',
  to: options.to ?? '',
  pageSize: options.pageSize,
  pageToken: options.pageToken ?? '',
  language: options.lang,
});

const lineOf = ({ recordedAt, text, rule }: queryV1.AuditEntry): string =>
  `${recordedAt}  ${text}${rule === '' ? '' : `  [${rule}]`}`;

const goOn = ({ nextPageToken }: queryV1.ListAuditTrailResponse): readonly string[] =>
  nextPageToken === '' ? [] : [`more: add --page-token ${nextPageToken}`];

/** `audit show`: who did what, when, for which purpose, under which rule. The looking is recorded too. */
export const auditShowCommand = (
  context: CommandContext,
  options: AuditShowOptions,
): Promise<CommandResult> =>
  withServer(context, { role: 'compliance-officer' }, async (server) => {
    const page = await answerOf<queryV1.ListAuditTrailResponse>((callback) =>
      server.query.listAuditTrail(requestOf(options), server.metadata, callOptions(), callback),
    );
    const lines = page.entries.length === 0 ? ['nothing in the trail'] : page.entries.map(lineOf);
    return { document: page, lines: [...lines, ...goOn(page)], exitCode: 0 };
  });
