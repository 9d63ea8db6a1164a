import type { MigrationInterface, QueryRunner } from 'typeorm';

// Wrapped keys and claim bodies are never compressed: random bytes gain nothing by it, and what an attacker
// could carve from raw pages is what our own attacker's tool carves.
const TABLES = `
CREATE SCHEMA custody;

CREATE TABLE custody.epochs (
  key_class text PRIMARY KEY CHECK (key_class IN ('scope', 'subject', 'lookup')),
  current int NOT NULL,
  pending int,
  previous int,
  cut timestamptz,
  dirty boolean NOT NULL DEFAULT false,
  last_destroyed timestamptz,
  rotated_at timestamptz
);

CREATE TABLE custody.subjects (
  tenant text NOT NULL,
  subject text NOT NULL,
  state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'restricted', 'erased')),
  restricted_at timestamptz,
  request jsonb,
  recorded boolean NOT NULL DEFAULT false,
  destroyed_at timestamptz,
  PRIMARY KEY (tenant, subject),
  CHECK (state <> 'erased' OR destroyed_at IS NOT NULL),
  CHECK (state <> 'restricted' OR restricted_at IS NOT NULL)
);
CREATE INDEX subjects_restricted ON custody.subjects (restricted_at) WHERE state = 'restricted';

CREATE TABLE custody.scope_keys (
  ref uuid PRIMARY KEY,
  tenant text NOT NULL,
  category text NOT NULL,
  scope text NOT NULL,
  kek_epoch int NOT NULL,
  wrapped bytea STORAGE EXTERNAL,
  destroyed_at timestamptz,
  -- False: a tombstone alone, of a scope that was destroyed before it had a key.
  had_key boolean NOT NULL DEFAULT true,
  UNIQUE (tenant, category, scope),
  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
  CHECK (had_key OR wrapped IS NULL)
);
CREATE INDEX scope_keys_destroyed ON custody.scope_keys (tenant, category, destroyed_at);

CREATE TABLE custody.scope_horizons (
  tenant text NOT NULL,
  category text NOT NULL,
  through text NOT NULL DEFAULT '' COLLATE "C",
  PRIMARY KEY (tenant, category)
);

CREATE TABLE custody.subject_keys (
  ref uuid PRIMARY KEY,
  tenant text NOT NULL,
  subject text NOT NULL,
  category text NOT NULL,
  kek_epoch int NOT NULL,
  wrapped bytea STORAGE EXTERNAL,
  destroyed_at timestamptz,
  UNIQUE (tenant, subject, category),
  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE TABLE custody.lookup_keys (
  epoch int PRIMARY KEY,
  ref uuid NOT NULL,
  kek_epoch int NOT NULL,
  wrapped bytea STORAGE EXTERNAL NOT NULL
);

CREATE TABLE custody.request_keys (
  tenant text NOT NULL,
  epoch int NOT NULL,
  month text,
  ref uuid NOT NULL,
  kek_epoch int NOT NULL,
  wrapped bytea STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (tenant, epoch)
);

CREATE TABLE custody.claims (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  kind text NOT NULL,
  tag bytea NOT NULL,
  holder bytea NOT NULL,
  body bytea STORAGE EXTERNAL NOT NULL,
  UNIQUE (tenant, kind, tag)
);
CREATE INDEX claims_holder ON custody.claims (holder);

CREATE TABLE custody.claims_open (id bigint PRIMARY KEY, opened_at timestamptz NOT NULL);

CREATE TABLE custody.claims_next (
  id bigint PRIMARY KEY,
  epoch int NOT NULL,
  tag bytea NOT NULL,
  holder bytea NOT NULL,
  body bytea STORAGE EXTERNAL NOT NULL
);

CREATE TABLE custody.nights (
  tenant text NOT NULL,
  night text NOT NULL COLLATE "C",
  from_position bigint NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closing')),
  PRIMARY KEY (tenant, night)
);

CREATE TABLE custody.night_holders (
  holder uuid NOT NULL,
  tenant text NOT NULL,
  night text NOT NULL COLLATE "C",
  PRIMARY KEY (tenant, night, holder)
);

CREATE TABLE custody.imports (
  import_id uuid PRIMARY KEY,
  tenant text NOT NULL,
  kind text NOT NULL,
  length bigint NOT NULL,
  sha256 text NOT NULL,
  rows int NOT NULL,
  chunk_rows int NOT NULL,
  next_chunk int NOT NULL DEFAULT 0,
  live int NOT NULL DEFAULT 0,
  counted_only int NOT NULL DEFAULT 0,
  rejected int NOT NULL DEFAULT 0,
  begun_at timestamptz NOT NULL,
  kek_epoch int NOT NULL,
  wrapped bytea STORAGE EXTERNAL NOT NULL,
  UNIQUE (tenant, kind, length, sha256)
);

CREATE TABLE custody.import_rejects (
  import_id uuid NOT NULL REFERENCES custody.imports ON DELETE CASCADE,
  line int NOT NULL,
  field text NOT NULL,
  rule text NOT NULL
);
CREATE INDEX import_rejects_import ON custody.import_rejects (import_id);

CREATE TABLE custody.comparison (one boolean PRIMARY KEY DEFAULT true CHECK (one), position bigint NOT NULL);
`;

export class CreateCustody1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA custody CASCADE');
  }
}
