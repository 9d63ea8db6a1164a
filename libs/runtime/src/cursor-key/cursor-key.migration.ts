import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The key that cursors are sealed with: 244 random bits, made once and kept with the store, so that a cursor outlives
 * every process. It keeps places in the log from those who may not read the log; whoever has the database needs none.
 */
export class CreateCursorKey1795305600024 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE meta.cursor_key (
        singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
        key bytea NOT NULL CHECK (length(key) = 32)
      )`);
    await runner.query(`
      INSERT INTO meta.cursor_key (key)
      SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE meta.cursor_key');
  }
}
