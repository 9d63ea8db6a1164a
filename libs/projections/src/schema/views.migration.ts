import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The books of the views. Their rows stand in schemas of their own, one per build, made by whoever fills them. */
export class CreateViewBooks1795305600005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS views');
    await runner.query(`
      CREATE TABLE views.build (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        state text NOT NULL CHECK (state IN ('building', 'live', 'retired', 'replay', 'kept')),
        versions text NOT NULL,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query(`CREATE UNIQUE INDEX build_live ON views.build (state) WHERE state = 'live'`);
    await runner.query(`
      CREATE TABLE views.checkpoint (
        build integer NOT NULL REFERENCES views.build ON DELETE CASCADE,
        view text NOT NULL,
        version integer NOT NULL,
        position bigint NOT NULL DEFAULT 0,
        state text NOT NULL DEFAULT 'booting' CHECK (state IN ('booting', 'live', 'paused', 'failed')),
        reason text,
        PRIMARY KEY (build, view)
      )`);
    await runner.query(`
      CREATE TABLE views.parked_stream (
        build integer NOT NULL,
        view text NOT NULL,
        stream text NOT NULL,
        from_revision bigint NOT NULL,
        from_position bigint NOT NULL,
        reason text NOT NULL,
        events bigint NOT NULL,
        PRIMARY KEY (build, view, stream),
        FOREIGN KEY (build, view) REFERENCES views.checkpoint ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE views.lease (
        name text PRIMARY KEY,
        epoch bigint NOT NULL,
        holder text NOT NULL,
        until timestamptz NOT NULL,
        backend_pid integer NOT NULL,
        backend_start timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA views CASCADE');
  }
}

/** Leases are not the views' own any more: they stand in `meta.lease`. What stood here says nothing once every holder has ended. */
export class MoveLeasesOut1795305600022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE views.lease');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE views.lease (
        name text PRIMARY KEY,
        epoch bigint NOT NULL,
        holder text NOT NULL,
        until timestamptz NOT NULL,
        backend_pid integer NOT NULL,
        backend_start timestamptz NOT NULL
      )`);
  }
}
