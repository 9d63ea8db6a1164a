import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may move what: a row per name, its epoch counted up by whoever takes it over. */
export class CreateLease1795305600020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE meta.lease (
        name text PRIMARY KEY,
        epoch bigint NOT NULL,
        holder text NOT NULL,
        until timestamptz NOT NULL,
        backend_pid integer NOT NULL,
        backend_start timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE meta.lease');
  }
}
