import { makeCatalogue } from '@lacuna/domain/catalogue';
import { declareEvent, uuid, word, type DomainEvent } from '@lacuna/domain/kernel';
import type { JsonObject, RecordedEvent } from '@lacuna/event-store';
import {
  eventReader,
  insert,
  projection,
  replay,
  table,
  update,
  viewsSchema,
  type ReplayedView,
} from '@lacuna/projections';
import { commandContext, freshDatabase, id, type FreshDatabase } from '@lacuna/testing';
import { logOf } from './golden-log.js';

type BadgeGiven = DomainEvent<'BadgeGiven', { memberId: string; colour: string; size: string }>;

/** Three versions of one event: a field was renamed, then one was added. */
const badges = makeCatalogue([
  declareEvent<DomainEvent<'BadgeGiven', { memberId: string; color: string }>>('BadgeGiven', 1, {
    subject: 'memberId',
    fields: { memberId: uuid, color: word },
    upcast: ({ color, ...rest }) => ({ ...rest, colour: color }),
  }),
  declareEvent<DomainEvent<'BadgeGiven', { memberId: string; colour: string }>>('BadgeGiven', 2, {
    subject: 'memberId',
    fields: { memberId: uuid, colour: word },
    upcast: (data) => ({ ...data, size: 'small' }),
  }),
  declareEvent<BadgeGiven>('BadgeGiven', 3, {
    subject: 'memberId',
    fields: { memberId: uuid, colour: word, size: word },
  }),
]);

const badgeTable = table(
  'badge',
  { tenant: 'text', memberId: 'text', colour: 'text', size: 'text' },
  { key: ['tenant', 'memberId'], group: ['tenant', 'memberId'] },
);
const badgeView = projection<BadgeGiven>({ name: 'badges', version: 1 }, [badgeTable], {
  BadgeGiven: ({ data: { memberId, colour, size }, metadata: { tenant } }) => [
    insert(badgeTable, { tenant, memberId, colour: 'none', size }),
    update(badgeTable, { tenant, memberId }, { colour }),
  ],
});

const badge = (n: number, schemaVersion: number, data: JsonObject): RecordedEvent => ({
  id: id(100 + n),
  type: 'BadgeGiven',
  schemaVersion,
  data: { memberId: id(n), ...data },
  metadata: {
    tenant: 'car-club',
    occurredAt: '1998-07-01T01:00:00.000Z',
    actor: commandContext().actor,
    processing: commandContext().processing,
    policy: 'car-club@1',
  },
  stream: `car-club.member-${id(n)}`,
  revision: 0n,
  position: BigInt(n),
  recordedAt: '1998-07-01T01:00:00.000Z',
});

const old = [
  badge(1, 1, { color: 'red' }),
  badge(2, 2, { colour: 'red' }),
  badge(3, 3, { colour: 'red', size: 'small' }),
];
const asOneVersion = [1, 2, 3].map((n) => badge(n, 3, { colour: 'red', size: 'small' }));

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase(viewsSchema);
});
afterAll(() => database.drop());

const replayed = async (events: readonly RecordedEvent[]): Promise<ReplayedView> => {
  const { views } = await replay({
    store: logOf(events),
    databaseUrl: database.runtimeUrl,
    asOf: { position: 3n },
    projections: [badgeView],
    read: eventReader(badges),
  });
  return views[0]!;
};

it('B11 events of every past version give the bytes that the newest gives, each time', async () => {
  const first = await replayed(old);
  expect(first).toMatchObject({ rows: 3, parkedStreams: 0 });
  expect((await replayed(old)).digest).toBe(first.digest);
  expect((await replayed(asOneVersion)).digest).toBe(first.digest);
  expect(first.digest).toBe('89f7ece02ca7d8d2b6aaafb1537c4e93e40ae8f65ac8930262eacd04dd6f9ca6');
});

it('B11 a version that the code does not know stops the view; nothing of it is skipped', async () => {
  await expect(replayed([...old.slice(0, 2), badge(3, 4, {})])).rejects.toMatchObject({
    code: 'VIEW_FAILED',
  });
});
