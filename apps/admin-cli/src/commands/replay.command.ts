import { replay, type AsOf, type ReplayedView, type ReplayReport } from '@lacuna/projections';
import { requireOwnerUrl } from '../connection/owner-url.js';
import { CliError } from '../output/cli-error.js';
import type { CommandResult } from '../output/output.js';
import { table } from '../output/table.js';
import type { CommandContext } from './command-context.js';

export type ReplayCommandOptions = Readonly<{ asOf?: string; keep?: boolean }>;

const asOfFrom = (text: string): AsOf => {
  if (/^\d{1,19}$/.test(text)) return { position: BigInt(text) };
  if (/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text)))
    return { instant: new Date(text).toISOString() };
  throw new CliError(2, '--as-of takes a position, or an instant with its offset (1998-07-01T00:00+08:00)');
};

const verdict = ({ live, difference, digest }: ReplayedView): string => {
  if (live === null) return '';
  if (live.digest === digest) return 'same as live';
  return difference === null ? 'DIFFERS from live' : `DIFFERS from live at ${difference}`;
};

const linesOf = (report: ReplayReport): readonly string[] => [
  `position ${String(report.position)}`,
  ...table([
    ['view', 'position', 'rows', 'digest', ''],
    ...report.views.map((view) => [
      `${view.name} v${view.version}`,
      String(view.position),
      String(view.rows),
      view.digest,
      verdict(view),
    ]),
  ]),
  ...(report.schema === null ? [] : [`kept in schema ${report.schema}`]),
];

const withDecimals = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

const isFinding = ({ same, views }: ReplayReport): boolean =>
  same === false || views.some(({ parkedStreams }) => parkedStreams > 0);

/**
 * `replay`: makes the audit views again from the log, past the server, and compares them with the live ones; with
 * `--as-of` it shows what they were. One row altered by hand is a finding.
 */
export const replayCommand = async (
  { config }: CommandContext,
  options: ReplayCommandOptions,
): Promise<CommandResult> => {
  const asOf = options.asOf === undefined ? undefined : asOfFrom(options.asOf);
  const url = requireOwnerUrl(config);
  const { openLog } = await import('../../../host/src/index.js');
  const { store } = await openLog(config, url);
  try {
    const report = await replay({
      store,
      databaseUrl: url,
      keep: options.keep ?? false,
      ...(asOf === undefined ? {} : { asOf }),
    });
    return {
      document: JSON.parse(JSON.stringify(report, withDecimals)) as object,
      lines: linesOf(report),
      exitCode: isFinding(report) ? 1 : 0,
    };
  } finally {
    await store.close();
  }
};
