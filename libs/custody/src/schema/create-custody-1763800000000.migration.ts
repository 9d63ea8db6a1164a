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
  rotated_at timestamptz,
  reported boolean NOT NULL DEFAULT true
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
  UNIQUE (tenant, category, scope),
  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
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
