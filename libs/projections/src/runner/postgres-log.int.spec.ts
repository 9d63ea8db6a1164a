import { NestFactory } from '@nestjs/core';
import { createPostgresEventStore, eventLogSchema } from '@lacuna/event-store';
import {
  appendLines,
  correctionRequested,
  erasureRequested,
  freshDatabase,
  id,
  infoCorrected,
  memberErased,
  registered,
} from '@lacuna/testing';
import { ProjectionsModule, replay, VIEW_QUERIES, viewsSchema, type ViewQueries } from '../index.js';

it('keeps the views over a log on PostgreSQL, as a module of an application; a second start goes on', async () => {
  const database = await freshDatabase(eventLogSchema, viewsSchema);
  const store = createPostgresEventStore({ connectionString: database.runtimeUrl });
  const databaseUrl = database.runtimeUrl;
  const start = async () => {
    const module = ProjectionsModule.forRoot({ databaseUrl, store, run: true });
    const app = await NestFactory.createApplicationContext(module);
    return { app, queries: app.get<ViewQueries>(VIEW_QUERIES) };
  };
  await appendLines(store, ...Array.from({ length: 30 }, (_, n) => registered({ memberId: id(n + 1) })));
  let { app, queries } = await start();
  await appendLines(
    store,
    correctionRequested({ memberId: id(1), correctionId: id(900) }),
    infoCorrected({ memberId: id(1), correctionId: id(900) }),
  );
  await queries.waitUntil('deadlines', await store.head());
  const asOf = { instant: '2100-01-01T00:00:00.000Z' };
  const before = await replay({ store, databaseUrl, asOf });
  await app.close();

  await appendLines(store, erasureRequested({ memberId: id(1) }), memberErased({ memberId: id(1) }));
  ({ app, queries } = await start());
  await queries.waitUntil('member-directory', await store.head());
  expect((await queries.memberById('car-club', id(1))).member).toBeNull();
  const live = await replay({ store, databaseUrl });
  expect(live).toMatchObject({ same: true, position: await store.head() });
  expect(live.views.map(({ rows }) => rows)).toEqual([29, 34, 1, 0, 0, 0]);
  const again = await replay({ store, databaseUrl, asOf: { position: before.position } });
  expect(again.views).toEqual(before.views);
  await app.close();
  await store.close();
  await database.drop();
});
