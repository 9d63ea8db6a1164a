import { rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RegisterMember } from '@lacuna/application';
import { LacunaError } from '@lacuna/domain/kernel';
import { frameAs, memberStreamOf, openHouse, somebody, typesOf, type House } from '../integration/house.js';
import { mayMount, OwnDatabase } from './apart/own-database.js';
import { until } from './product/waiting.js';

const canMount = mayMount();
const SPARE_BYTES = 200_000;

/** Takes all the space that is left but a little. */
const fillUp = (folder: string, ballast: string): void => {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - SPARE_BYTES)));
};

const codeOf = (error: unknown): string => (error instanceof LacunaError ? error.code : String(error));

const whatHolds = async (house: House, folder: string): Promise<void> => {
  const first = await house.run(new RegisterMember(frameAs('integrator'), somebody()));
  await house.queries.waitUntil('member-directory', first.position, 20_000);
  const ballast = join(folder, 'ballast');
  fillUp(folder, ballast);

  const registered: string[] = [];
  const refused: Readonly<{ command: RegisterMember; code: string }>[] = [];
  const began = Date.now();
  while (refused.length < 5 && Date.now() - began < 60_000) {
    const some = Array.from({ length: 20 }, () => new RegisterMember(frameAs('integrator'), somebody()));
    const answers = await Promise.allSettled(some.map((command) => house.run(command)));
    answers.forEach((answer, n) => {
      const command = some[n];
      if (answer.status === 'fulfilled') registered.push(answer.value.memberId);
      else if (command) refused.push({ command, code: codeOf(answer.reason) });
    });
  }
  process.stdout.write(
    `A09 ${registered.length} before the disk was full; then ${refused.map(({ code }) => code).join(', ')}\n`,
  );
  // UNAVAILABLE or RESOURCE_EXHAUSTED at the border: nothing says that the command itself was wrong.
  const codes = new Set(refused.map(({ code }) => code));
  expect(refused.length).toBeGreaterThanOrEqual(5);
  expect([...codes].filter((code) => !['STORE_UNAVAILABLE', 'CUSTODY_UNAVAILABLE'].includes(code))).toEqual(
    [],
  );
  // What is there is read, in the log and in the views.
  expect(await typesOf(house, memberStreamOf(first.memberId))).toContain('MemberRegistered');
  expect((await house.queries.memberById('car-club', first.memberId)).member).not.toBeNull();

  // Space returns. Nothing is started again; the very commands that were refused are answered, each done once.
  truncateSync(ballast, 0);
  rmSync(ballast);
  for (const { command } of refused)
    await until('a refused command is answered', async () => {
      try {
        registered.push((await house.run(command)).memberId);
        return true;
      } catch (error) {
        expect(codes).toContain(codeOf(error));
        return false;
      }
    });
  for (const memberId of registered)
    expect(await typesOf(house, memberStreamOf(memberId))).toEqual(['MemberRegistered']);
  const head = await house.store.head();
  await house.queries.waitUntil('member-directory', head, 30_000);
};

const A09 =
  'A09 a disk that is full: writes are refused as unavailable, reads go on, and all of it goes on when there is space again';

// Where it cannot run its name says why: that is what the closing lines of `npm test` show of it.
if (!canMount) it.skip('A09 not run: a disk of a chosen size takes the right to mount one', () => undefined);
else
  it(
    A09,
    async () => {
      const database = await OwnDatabase.start(160);
      try {
        const house = await openHouse({ from: null });
        try {
          await whatHolds(house, database.folder);
        } finally {
          await house.drop();
        }
      } finally {
        await database.remove();
      }
    },
    180_000,
  );
