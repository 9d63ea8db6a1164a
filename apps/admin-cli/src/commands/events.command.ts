import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { fromAttributes, type integrationV1 } from '@lacuna/contracts';
import { endOf } from '../connection/server.js';
import { passes } from '../output/cli-error.js';
import type { CommandResult, Output } from '../output/output.js';
import { withServer, type CommandContext } from './command-context.js';

export type EventsFollowOptions = Readonly<{
  context: readonly string[];
  from: string;
  limit?: number;
  role: string;
}>;

type Responses = ClientReadableStream<integrationV1.SubscribeResponse>;

const MOST_AT_ONCE = 200;
const PAUSE_MS = 1_000;
/** How often a server that has answered before is looked for again. */
const PATIENCE = 30;

const lineOf = (record: integrationV1.IntegrationRecord): string => {
  const { time, context, type, key, data } = fromAttributes(record.attributes, record.data ?? null);
  return `${time}  ${context}  ${type}  ${key}  ${data === null ? '(forget it)' : JSON.stringify(data)}`;
};

const documentOf = ({ attributes, data }: integrationV1.IntegrationRecord): object => ({
  attributes,
  data: fromAttributes(attributes, data ?? null).data,
});

/** What has been shown, and the place after the last whole answer of it. */
class Shown {
  count = 0;
  /** None before the first answer: a server that was never there is not waited for. */
  patience = 0;

  constructor(
    private readonly output: Output,
    private readonly limit: number,
    public cursor: string,
  ) {}

  /** So few in one answer that the last cursor is that of the last record shown. 0: as many as may be. */
  get wanted(): number {
    return this.limit <= MOST_AT_ONCE ? this.limit - this.count : 0;
  }

  isEnough(): boolean {
    return this.count >= this.limit;
  }

  take({ records, cursor }: integrationV1.SubscribeResponse): void {
    this.patience = PATIENCE;
    const shown = records.slice(0, this.limit - this.count);
    for (const record of shown)
      this.output.result({ document: documentOf(record), lines: [lineOf(record)], exitCode: 0 });
    this.count += shown.length;
    if (shown.length === records.length) this.cursor = cursor;
  }
}

const showAll = async (responses: Responses, shown: Shown): Promise<void> => {
  for await (const response of responses as AsyncIterable<integrationV1.SubscribeResponse>) {
    shown.take(response);
    if (shown.isEnough()) return;
  }
};

/** One subscription; false: it ended by itself or passed away, and another one goes on. */
const followOnce = (
  context: CommandContext,
  { role, contexts }: Readonly<{ role: string; contexts: readonly string[] }>,
  { shown, interrupted }: Readonly<{ shown: Shown; interrupted: AbortSignal }>,
): Promise<void> =>
  withServer(context, { role }, async (server) => {
    const { cursor: after, wanted: maxRecords } = shown;
    const request = { contexts: [...contexts], after, maxRecords };
    const responses = server.integration.subscribe(request, server.metadata);
    const leave = (): void => responses.cancel();
    interrupted.addEventListener('abort', leave);
    try {
      await showAll(responses, shown);
    } catch (error) {
      if (interrupted.aborted) return;
      shown.patience -= 1;
      const end = endOf(error);
      if (!passes(end) || shown.patience < 0) throw end;
    } finally {
      interrupted.removeEventListener('abort', leave);
      responses.cancel();
    }
  });

/**
 * `events follow`: shows records until there are enough, or until it is interrupted. A subscription that ends by
 * itself, or whose server stops, is taken up again from the last cursor.
 */
export const eventsFollowCommand = async (
  context: CommandContext,
  options: EventsFollowOptions,
): Promise<CommandResult> => {
  const shown = new Shown(context.output, options.limit ?? Infinity, options.from);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once('SIGINT', interrupt);
  try {
    while (!shown.isEnough() && !interrupted.signal.aborted) {
      const asked = { role: options.role, contexts: options.context };
      await followOnce(context, asked, { shown, interrupted: interrupted.signal });
      if (!shown.isEnough())
        await sleep(PAUSE_MS, undefined, { signal: interrupted.signal }).catch(() => undefined);
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
  const { cursor, count } = shown;
  context.output.progress(`go on with --from ${cursor === '' ? '""' : cursor}`);
  return { document: { cursor, records: count }, lines: [], exitCode: 0 };
};
