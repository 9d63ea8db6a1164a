import type { queryV1 } from '@lacuna/contracts';
import { answerOf, callOptions } from '../connection/server.js';
import type { CommandResult } from '../output/output.js';
import { table } from '../output/table.js';
import { withServer, type CommandContext } from './command-context.js';

const viewRows = (views: readonly queryV1.ViewStatus[]): readonly string[] =>
  table([
    ['view', 'state', 'position', 'lag', 'parked'],
    ...views.map(({ name, version, state, position, lag, parkedStreams }) => [
      `${name} v${version}`,
      state,
      position,
      lag,
      String(parkedStreams),
    ]),
  ]);

const keyRows = (keys: readonly queryV1.KeyStatus[]): readonly string[] =>
  table([
    ['keys', 'living', 'destroyed', 'epoch'],
    ...keys.map(({ keyClass, living, destroyed, epoch }) => [keyClass, living, destroyed, String(epoch)]),
  ]);

// The head was asked for before the places: a processor may have gone on meanwhile.
const lagOf = (head: string, position: string): string => {
  if (position === '') return '';
  const lag = BigInt(head) - BigInt(position);
  return String(lag > 0n ? lag : 0n);
};

const processorRows = (processors: readonly queryV1.ProcessorStatus[], head: string): readonly string[] =>
  table([
    ['processor', 'state', 'position', 'lag', 'held by', 'heard of'],
    ...processors.map(({ name, state, position, holder, silentMs }) => [
      name,
      state,
      position,
      lagOf(head, position),
      holder,
      `${Math.round(Number(silentMs) / 1000)} s ago`,
    ]),
  ]);

const logLine = ({ streams, events, head }: queryV1.GetStatusResponse): string =>
  streams === undefined || events === undefined
    ? `log: head ${head} (not counted: that would take reading all of it)`
    : `log: ${events} events in ${streams} streams, head ${head}`;

const linesOf = (status: queryV1.GetStatusResponse): readonly string[] => [
  ...status.warnings.map((warning) => `WARNING: ${warning}`),
  logLine(status),
  `clock: ${status.clockKind}, ${status.clockNow}`,
  `deadlines: ${status.openDeadlines} open, ${status.overdueDeadlines} overdue`,
  ...status.openImports.map((one) => `import under way: ${one}`),
  ...status.overdueRetention.map((one) => `RETENTION OVERDUE: ${one}`),
  '',
  ...viewRows(status.views),
  '',
  ...(status.processors.length > 0 ? [...processorRows(status.processors, status.head), ''] : []),
  ...keyRows(status.keys),
];

// What an operator must act on; a view that is behind for a moment is not.
const isFinding = ({ warnings, views, overdueRetention }: queryV1.GetStatusResponse): boolean =>
  warnings.length > 0 ||
  overdueRetention.length > 0 ||
  views.some(({ state, parkedStreams }) => state === 'error' || parkedStreams > 0);

/** `status`: what an operator looks at first. */
export const statusCommand = (context: CommandContext): Promise<CommandResult> =>
  withServer(context, { role: 'operator' }, async (server) => {
    const status = await answerOf<queryV1.GetStatusResponse>((callback) =>
      server.query.getStatus({}, server.metadata, callOptions(), callback),
    );
    return { document: status, lines: linesOf(status), exitCode: isFinding(status) ? 1 : 0 };
  });
