import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far the log has been published, and under which name: a second publisher of that name ends the first. */
export class CreateRelay1795305600022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE meta.relay (
        name text PRIMARY KEY,
        publisher uuid NOT NULL DEFAULT gen_random_uuid(),
        position bigint NOT NULL DEFAULT 0
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE meta.relay');
  }
}
