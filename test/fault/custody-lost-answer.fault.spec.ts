import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { custodySchema } from '@lacuna/custody';
import { freshDatabase } from '@lacuna/testing';
import { claiming, drill, freshPhone, registering, TENANT } from './custody-drill.js';

jest.setTimeout(120_000);

it('A03 connections cut under 16 writers: what was answered is there once, what was asked again got its own', async () => {
  const database = await freshDatabase(custodySchema);
  const ground = drill(database.runtimeUrl);
  const owner = drill(database.ownerUrl);
  const custody = await ground.connect();
  const acknowledged: { subject: string; phone: string; claims: readonly string[]; digest: string }[] = [];
  let failed = 0;
  let cuts = 0;
  // A fast machine would be done before enough was cut: the writers go on until it was.
  const goesOn = (): boolean => failed < 300 && (acknowledged.length < 600 || cuts <= 10);
  const writer = async (): Promise<void> => {
    while (goesOn()) {
      const subject = randomUUID();
      const phone = freshPhone();
      const request = registering(subject, { claims: [claiming(phone, randomUUID())] });
      for (let done = false; !done && failed < 300;) {
        try {
          const answer = await custody.open(request);
          await custody.confirmClaims(answer.claims);
          acknowledged.push({ subject, phone, claims: answer.claims, digest: answer.digest('basic', 'p') });
          done = true;
        } catch (error) {
          expect(error).toMatchObject({ code: 'CUSTODY_UNAVAILABLE' });
          failed += 1;
        }
      }
    }
  };
  const cutter = async (): Promise<void> => {
    while (goesOn()) {
      const [cut] = await owner.sql<{ count: number }>(
        `SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'lacuna-custody' AND state <> 'idle'`,
      );
      cuts += cut?.count ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  };
  await Promise.all([...Array.from({ length: 16 }, writer), cutter()]);
  const { length } = acknowledged;
  expect(length).toBeGreaterThanOrEqual(600);
  expect(cuts).toBeGreaterThan(10);
  for (const { subject, phone, claims, digest } of acknowledged) {
    expect(await custody.lookup(TENANT, 'mobile', phone)).toBe(subject);
    expect(await custody.claimsOf({ tenant: TENANT, subject }, 'mobile')).toEqual(claims);
    expect((await custody.open(registering(subject, { mint: 'none' }))).digest('basic', 'p')).toBe(digest);
  }
  const [counted] = await ground.sql(
    `SELECT (SELECT count(*)::int FROM custody.subjects) AS subjects, (SELECT count(*)::int FROM custody.subject_keys) AS keys,
            (SELECT count(*)::int FROM custody.claims) AS claims, (SELECT count(*)::int FROM custody.claims_open) AS open`,
  );
  expect(counted).toEqual({ subjects: length, keys: length, claims: length, open: 0 });
  expect(failed).toBeLessThan(300);
  await custody.close();
  ground.clear();
  owner.clear();
  await database.drop();
});
