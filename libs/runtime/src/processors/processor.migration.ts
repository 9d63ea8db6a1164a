import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How the consumers of the log are: each holder says it, every process reads it. */
export class CreateProcessors1795305600021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
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
