import { Pool } from 'pg';
import { freshDatabase, type FreshDatabase } from '@lacuna/testing';
import { ClockMismatch, metaSchema, openClock } from '@lacuna/runtime';

const START = '1998-06-30T16:00:00.000Z';

describe('the clock of a store', () => {
  let database: FreshDatabase;
  let pool: Pool;

  beforeEach(async () => {
    database = await freshDatabase(metaSchema);
    pool = new Pool({ connectionString: database.runtimeUrl });
  });
  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  it('is born simulated, stays so, and goes on where it was after a restart', async () => {
    const first = await openClock(pool, '1998-07-01T00:00:00+08:00');
    expect(first).toMatchObject({ kind: 'simulated', bornAt: START });
    await first.advanceTo('1998-07-02T16:00:00.000Z');
    const again = await openClock(pool, null);
    expect([again.kind, again.now(), again.bornAt]).toEqual(['simulated', '1998-07-02T16:00:00.000Z', START]);
    expect((await openClock(pool, '2001-01-01T00:00:00Z')).now()).toBe('1998-07-02T16:00:00.000Z');
  });

  it('never runs backwards, and takes over what another process moved it to', async () => {
    const one = await openClock(pool, START);
    const other = await openClock(pool, START);
    await one.advanceTo('1999-01-01T00:00:00.000Z');
    await other.advanceTo('1998-12-01T00:00:00.000Z');
    expect(other.now()).toBe('1999-01-01T00:00:00.000Z');
    await one.advanceTo('1999-02-01T00:00:00.000Z');
    await other.refresh();
    expect(other.now()).toBe('1999-02-01T00:00:00.000Z');
  });

  it('refuses to make a real store simulated, and to move it', async () => {
    const real = await openClock(pool, null);
    expect(real.kind).toBe('real');
    await expect(openClock(pool, START)).rejects.toEqual(new ClockMismatch('CLOCK_IS_REAL'));
    await expect(real.advanceTo(START)).rejects.toEqual(new ClockMismatch('CLOCK_IS_REAL'));
  });

  it('gives the runtime role no way to change the kind', async () => {
    await openClock(pool, START);
    await expect(pool.query("UPDATE meta.clock SET kind = 'real', simulated_at = NULL")).rejects.toThrow(
      'permission denied',
    );
    await expect(pool.query('DELETE FROM meta.clock')).rejects.toThrow('permission denied');
  });
});
