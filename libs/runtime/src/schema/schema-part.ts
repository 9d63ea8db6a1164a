import type { MigrationInterface } from 'typeorm';

/** A library's tables: its TypeORM migrations (run once, in order of their time stamps) and what the runtime role may do there. */
export type SchemaPart = Readonly<{
  name: string;
  /** Parts whose tables these use: they are migrated with it. */
  needs?: readonly SchemaPart[];
  migrations: readonly (new () => MigrationInterface)[];
  /** Statements that grant the runtime role its rights; idempotent, run after every migration. */
  grants: (role: string) => readonly string[];
}>;
