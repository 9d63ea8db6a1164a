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
