import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { fromAttributes, type integrationV1 } from '@lacuna/contracts';
import { endOf, type Server } from '../connection/server.js';
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

/** What has been shown, and the place after it. */
class Shown {
  count = 0;
  /** None before the first answer: a server that was never there is not waited for. */
  patience = 0;

  constructor(
    private readonly output: Output,
    private readonly limit: number,
    public cursor: string,
  ) {}

  /** Most records of one answer. Where they are counted, one: then the cursor is that of the last record shown. */
  get wanted(): number {
    return this.limit === Infinity ? 0 : 1;
  }

  isEnough(): boolean {
    return this.count >= this.limit;
  }

  take({ records, cursor }: integrationV1.SubscribeResponse): void {
    this.patience = PATIENCE;
    for (const record of records)
      this.output.result({ document: documentOf(record), lines: [lineOf(record)], exitCode: 0 });
    this.count += records.length;
    this.cursor = cursor;
  }
}

const showAll = async (responses: Responses, shown: Shown): Promise<void> => {
  for await (const response of responses as AsyncIterable<integrationV1.SubscribeResponse>) {
    shown.take(response);
    if (shown.isEnough()) return;
  }
};

/** One subscription, until it ends by itself, there is enough, or it is interrupted. */
const followOnce = async (
  { integration, metadata }: Server,
  contexts: readonly string[],
  { shown, interrupted }: Readonly<{ shown: Shown; interrupted: AbortSignal }>,
): Promise<void> => {
  // While the token was made, perhaps.
  if (interrupted.aborted) return;
  const { cursor: after, wanted: maxRecords } = shown;
  const responses = integration.subscribe({ contexts: [...contexts], after, maxRecords }, metadata);
  const leave = (): void => responses.cancel();
  interrupted.addEventListener('abort', leave);
  try {
    await showAll(responses, shown);
  } finally {
    interrupted.removeEventListener('abort', leave);
    responses.cancel();
  }
};

type Asked = Readonly<{ shown: Shown; interrupted: AbortSignal; options: EventsFollowOptions }>;

/** One subscription; where it passed away, another one goes on. */
const followPatiently = (context: CommandContext, { shown, interrupted, options }: Asked): Promise<void> =>
  withServer(context, { role: options.role }, async (server) => {
    try {
      await followOnce(server, options.context, { shown, interrupted });
    } catch (error) {
      if (interrupted.aborted) return;
      shown.patience -= 1;
      const end = endOf(error);
      if (!passes(end) || shown.patience < 0) throw end;
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
      await followPatiently(context, { shown, interrupted: interrupted.signal, options });
      if (!shown.isEnough())
        await sleep(PAUSE_MS, undefined, { signal: interrupted.signal }).catch(() => undefined);
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
  const { cursor, count } = shown;
  const same = options.context.length > 0 ? `--context ${options.context.join(',')} ` : '';
  context.output.progress(`go on with ${same}--from ${cursor === '' ? '""' : cursor}`);
  return { document: { cursor, records: count }, lines: [], exitCode: 0 };
};
