import { randomUUID } from 'node:crypto';
import type { memberV1 } from '@lacuna/contracts';
import { answerOf, callOptions } from '../connection/server.js';
import type { CommandResult } from '../output/output.js';
import { table } from '../output/table.js';
import { callerAs, withServer, type CommandContext } from './command-context.js';

/** Whose data, and who asks: the integrator, or the member in person. */
export type ErasureOptions = Readonly<{ member: string; role: string }>;
export type ErasureRequestOptions = ErasureOptions &
  Readonly<{ reason: string; categories: readonly string[]; requestId?: string; channel: string }>;

const itemRows = (items: readonly memberV1.ErasureItem[]): readonly string[] =>
  table([
    ['category', 'outcome', 'because of', 'until', 'rule'],
    ...items.map(({ category, outcome, basis, until, cite }) => [category, outcome, basis, until, cite]),
  ]);

/** `erasure preview <member>`: what goes, what stays and why. Changes nothing. */
export const erasurePreviewCommand = (
  context: CommandContext,
  options: ErasureOptions,
): Promise<CommandResult> =>
  withServer(context, callerAs(options.role, options.member), async (server) => {
    const preview = await answerOf<memberV1.PreviewErasureResponse>((callback) =>
      server.member.previewErasure({ memberId: options.member }, server.metadata, callOptions(), callback),
    );
    return { document: preview, lines: itemRows(preview.items), exitCode: 0 };
  });

/** `erasure request <member>`: when it answers, reads have stopped. */
export const erasureRequestCommand = (
  context: CommandContext,
  options: ErasureRequestOptions,
): Promise<CommandResult> =>
  withServer(context, callerAs(options.role, options.member), async (server) => {
    const request: memberV1.RequestErasureRequest = {
      requestId: options.requestId ?? randomUUID(),
      processing: {
        channel: options.channel,
        lawfulBasis: 'law',
        purposes: ['service'],
        noticeVersion: '',
        provenance: 'subject',
      },
      memberId: options.member,
      reason: options.reason,
      categories: [...options.categories],
    };
    const answer = await answerOf<memberV1.RequestErasureResponse>((callback) =>
      server.member.requestErasure(request, server.metadata, callOptions(), callback),
    );
    return {
      document: { ...answer, requestId: request.requestId },
      lines: [`reads of this member stopped at ${answer.restrictedAt}; erasure ${answer.erasureId}`],
      exitCode: 0,
    };
  });

const statusLines = (status: memberV1.GetErasureStatusResponse): readonly string[] => [
  `state: ${status.state}`,
  ...table([
    ['requested', status.requestedAt],
    ['destroyed', status.destroyedAt],
    ['unrecoverable', status.unrecoverableAt],
  ]).filter((line) => line.includes('  ')),
  ...(status.items.length > 0 ? ['', ...itemRows(status.items)] : []),
];

/** `erasure status <member>`: how far it has come, with its times. */
export const erasureStatusCommand = (
  context: CommandContext,
  options: ErasureOptions,
): Promise<CommandResult> =>
  withServer(context, callerAs(options.role, options.member), async (server) => {
    const status = await answerOf<memberV1.GetErasureStatusResponse>((callback) =>
      server.member.getErasureStatus({ memberId: options.member }, server.metadata, callOptions(), callback),
    );
    return { document: status, lines: statusLines(status), exitCode: 0 };
  });
