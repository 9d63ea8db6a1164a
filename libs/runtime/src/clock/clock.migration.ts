import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { SchemaPart } from '../schema/schema-part.js';

class CreateClock1795305600001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS meta');
    await runner.query(`
      CREATE TABLE meta.clock (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        kind text NOT NULL CHECK (kind IN ('real', 'simulated')),
        born_at timestamptz(3) NOT NULL,
        simulated_at timestamptz(3),
        CHECK ((kind = 'simulated') = (simulated_at IS NOT NULL))
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE meta.clock');
  }
}

/** The clock a store was born with. The runtime role can move a simulated one, and can never change a store's kind. */
export const metaSchema: SchemaPart = {
  name: 'meta',
  migrations: [CreateClock1795305600001],
  grants: (role) => [
    `GRANT USAGE ON SCHEMA meta TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE (simulated_at) ON meta.clock TO ${role}`,
  ],
};
