import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateClock1795305600001 implements MigrationInterface {
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
