import type { SchemaPart } from '@lacuna/runtime';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CreateRelay1795305600022 } from './relay.migration.js';

class CreateReactor1795305600002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS meta');
    await runner.query(`
      CREATE TABLE meta.reactor (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        position bigint NOT NULL
      )`);
    await runner.query('INSERT INTO meta.reactor (position) VALUES (0)');
    await runner.query(`
      CREATE TABLE meta.reactor_work (
        kind text NOT NULL CHECK (kind IN ('erase', 'finalise', 'claims')),
        tenant text NOT NULL,
        subject text NOT NULL,
        since text NOT NULL,
        PRIMARY KEY (kind, tenant, subject)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE meta.reactor_work, meta.reactor');
  }
}

class AddKeysToReactorWork1795305600015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE meta.reactor_work DROP CONSTRAINT reactor_work_kind_check,
        ADD CONSTRAINT reactor_work_kind_check CHECK (kind IN ('erase', 'finalise', 'claims', 'keys'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM meta.reactor_work WHERE kind = 'keys'`);
    await runner.query(`
      ALTER TABLE meta.reactor_work DROP CONSTRAINT reactor_work_kind_check,
        ADD CONSTRAINT reactor_work_kind_check CHECK (kind IN ('erase', 'finalise', 'claims'))`);
  }
}

/** Where the reactor stands and what it still has to do, and how far the log has been published. */
export const reactorSchema: SchemaPart = {
  name: 'reactor',
  migrations: [CreateReactor1795305600002, AddKeysToReactorWork1795305600015, CreateRelay1795305600022],
  grants: (role) => [
    `GRANT USAGE ON SCHEMA meta TO ${role}`,
    `GRANT SELECT, UPDATE (position) ON meta.reactor TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON meta.reactor_work TO ${role}`,
    `GRANT SELECT, INSERT (name), UPDATE (position) ON meta.relay TO ${role}`,
  ],
};
