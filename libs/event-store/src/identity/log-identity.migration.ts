import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which log the checkpoints of this database count in. */
export class RememberLog1795305600025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE meta.log (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        engine text NOT NULL,
        first_event uuid
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE meta.log');
  }
}

/** And where its first event stands: a copy on another server of the same engine has the same events elsewhere. */
export class RememberFirstPosition1795305600026 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE meta.log ADD COLUMN first_position bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE meta.log DROP COLUMN first_position');
  }
}
