import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { SchemaPart } from '../schema/schema-part.js';

class CreateProcessors1795392000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS meta');
    await runner.query(`
      CREATE TABLE meta.processor (
        name text PRIMARY KEY,
        holder text NOT NULL,
        epoch bigint NOT NULL,
        position bigint,
        state text NOT NULL,
        failures jsonb NOT NULL,
        seen_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE meta.processor');
  }
}

/** How the consumers of the log are: each holder says it, every process reads it. */
export const processorSchema: SchemaPart = {
  name: 'processors',
  migrations: [CreateProcessors1795392000001],
  grants: (role) => [
    `GRANT USAGE ON SCHEMA meta TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON meta.processor TO ${role}`,
  ],
};
