import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an import refused is read in the order of its lines, some thousands at a time. */
export class OrderImportRejects1795370000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX import_rejects_line ON custody.import_rejects (import_id, line)');
    await runner.query('DROP INDEX custody.import_rejects_import');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX import_rejects_import ON custody.import_rejects (import_id)');
    await runner.query('DROP INDEX custody.import_rejects_line');
  }
}
