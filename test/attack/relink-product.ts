import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { createCustody, createFileKms } from '@lacuna/custody';
import { ownerUrl, root } from '../e2e/product.js';
import { chanceOf } from './binomial.js';
import { searchLinks, tableOf, type LootTable } from './column-pairs.js';
import { everyTable, fileTable, textTable } from './loot.js';
import {
  byNearest,
  byOrderOf,
  plainStrategies,
  score,
  type AnonymousEvent,
  type FileRow,
  type Score,
} from './relink.js';

const TENANT = 'car-club';

/** The purchases of the demo file, in its order. */
export const purchases = (): readonly (FileRow & Readonly<{ row: number }>)[] =>
  readFileSync(join(root, 'infra', 'demo', 'purchases.csv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((text, row) => {
      const [member = '', day = ''] = text.trimEnd().split(',');
      return { member, day, text: text.trimEnd(), row };
    });

export const withOwner = async <T>(home: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: ownerUrl(home) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** The file that the key-encryption keys of a home lie in. */
export const keyFile = (home: string): string => join(home, 'keys', 'key-encryption-keys.json');

/** Whose every live event is, by its stream: only while the keys live, and only with all of them. */
export const truthOf = async (
  home: string,
  rows: readonly FileRow[],
): Promise<Readonly<{ streams: ReadonlyMap<string, string>; members: ReadonlyMap<string, string> }>> => {
  const custody = await createCustody({
    connectionString: ownerUrl(home),
    kms: createFileKms({ file: keyFile(home), backupFile: `${keyFile(home)}.backup` }),
  });
  const streams = new Map<string, string>();
  const members = new Map<string, string>();
  const work = [...Map.groupBy(rows, ({ member }) => member)];
  const next = async (): Promise<void> => {
    for (let one = work.pop(); one !== undefined; one = work.pop()) {
      const [number, own] = one;
      const subject = await custody.lookup(TENANT, 'customerNumber', number);
      // Erased since: nobody's any more.
      if (subject === null) continue;
      members.set(number, subject);
      const days = [...new Set(own.map(({ day }) => day))];
      for (const keys of await custody.openScopes({ tenant: TENANT, subject }, 'behaviour', days)) {
        const times = own.filter(({ day }) => day === keys.scope).length;
        for (let ordinal = 0; ordinal < times; ordinal += 1)
          streams.set(`${TENANT}.behaviour-${keys.stream(ordinal)}`, number);
      }
    }
  };
  await Promise.all(Array.from({ length: 32 }, next));
  await custody.close();
  return { streams, members };
};

type EventRow = Readonly<{ stream: string; position: string; xmin: string; day: string; size: number }>;

const anonymousEvents = async (client: Client): Promise<readonly (AnonymousEvent & { xmin: number })[]> => {
  const { rows } = await client.query<EventRow>(
    `SELECT stream, position::text, xmin::text, body::json->'data'->>'day' AS day, octet_length(body) AS size
       FROM log.events WHERE type = 'BehaviourRecorded' ORDER BY position`,
  );
  return rows.map(({ stream, position, xmin, day, size }) => ({
    day,
    position: BigInt(position),
    stream,
    size,
    xmin: Number(xmin),
  }));
};

/** When each member was last written or locked in a table of custody, and in which order they lie there. */
const momentsOf = async (
  client: Client,
  table: string,
  column: 'xmin' | 'xmax',
  numbers: ReadonlyMap<string, string>,
): Promise<Readonly<{ moments: ReadonlyMap<string, number>; order: readonly string[] }>> => {
  const where = table === 'subject_keys' ? `WHERE category = 'behaviour'` : '';
  const { rows } = await client.query<{ subject: string; at: string }>(
    `SELECT subject, ${column}::text AS at FROM custody.${table} ${where} ORDER BY ctid`,
  );
  const known = rows.flatMap(({ subject, at }) => {
    const number = numbers.get(subject);
    return number === undefined ? [] : [{ number, at: Number(at) }];
  });
  return {
    moments: new Map(known.filter(({ at }) => at > 0).map(({ number, at }) => [number, at])),
    order: known.map(({ number }) => number),
  };
};

export type Knowledge = Readonly<{
  home: string;
  rows: readonly FileRow[];
  truth: ReadonlyMap<string, string>;
  /** Customer number -> member id. */
  members: ReadonlyMap<string, string>;
  importId: string;
  /** All that was printed and logged. */
  printed: string;
}>;

/** Every strategy, with all that the files, the log and custody's tables tell. */
export const tryToRelink = ({ home, rows, truth, members }: Knowledge): Promise<readonly Score[]> =>
  withOwner(home, async (client) => {
    const events = await anonymousEvents(client);
    const transactions = new Map(events.map(({ stream, xmin }) => [stream, xmin]));
    const at = ({ stream }: AnonymousEvent): number => transactions.get(stream) ?? 0;
    const numbers = new Map([...members].map(([number, subject]) => [subject, number]));
    const strategies = [...plainStrategies];
    for (const [table, column] of [
      ['subjects', 'xmin'],
      ['subjects', 'xmax'],
      ['subject_keys', 'xmin'],
      ['subject_keys', 'xmax'],
    ] as const) {
      const { moments, order } = await momentsOf(client, table, column, numbers);
      strategies.push(byNearest(`${table}.${column}`, moments, at));
      strategies.push(byOrderOf({ name: `${table} (${column})`, members: order }));
    }
    return strategies.map((strategy) => score(strategy, events, rows, truth));
  });

export type FoundLink = Readonly<{
  from: string;
  to: string;
  matched: number;
  correct: number;
  likelihood: number;
}>;

/** Joins from an anonymised event to a member that say more than chance does. */
export const linksIn = (knowledge: Knowledge): Promise<readonly FoundLink[]> =>
  withOwner(knowledge.home, async (client) => {
    const { rows, truth, members, importId, printed } = knowledge;
    const loot = await everyTable(client);
    const isAnonymous = (record: ReadonlyMap<string, string>): boolean =>
      record.get('type') === 'BehaviourRecorded';
    const log = loot.get('log.events') ?? [];
    const anonymous = log.filter(isAnonymous);
    const events = tableOf('log.events (anonymised)', anonymous);
    const owners = anonymous.map((record) => {
      const number = truth.get(record.get('stream') ?? '') ?? '';
      return members.get(number) ?? '';
    });
    const others: LootTable[] = [...loot]
      .filter(([name]) => name !== 'log.events')
      .map(([name, records]) => tableOf(name, records));
    const days = new Set(rows.map(({ day }) => day));
    const demo = join(root, 'infra', 'demo');
    const tables = [
      ...others,
      tableOf(
        'log.events (others)',
        log.filter((record) => !isAnonymous(record)),
      ),
      fileTable(
        join(demo, 'purchases.csv'),
        (row) => `${importId}#${row}`,
        ({ date = '' }) => days.has(date),
      ),
      fileTable(join(demo, 'members.csv'), () => null),
      textTable('printed', printed),
    ];
    const ids = new Map(
      [...members].flatMap(([number, subject]) => [[number, subject] as const, [subject, subject] as const]),
    );
    const chance = chanceOfAny(rows);
    return searchLinks(events, tables, ids, owners)
      .map((link) => ({ ...link, likelihood: chanceOf(link.correct, link.matched, chance) }))
      .filter(({ likelihood }) => likelihood < 1e-6);
  });

/** Who names one of the day's members at random is right so often. */
const chanceOfAny = (rows: readonly FileRow[]): number => {
  const days = [...Map.groupBy(rows, ({ day }) => day).values()];
  const most = days.map((own) => 1 / new Set(own.map(({ member }) => member)).size);
  return Math.max(...most);
};
