import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedDatabase } from '../../embedded-database/index.js';
import { giveFolder, serverUser } from '../../embedded-database/server-user.js';
import { certificatesOf } from './certificates.js';
import { onPath, runToEnd } from '../programs.js';
import { copyWith, type Stage } from './stage.js';

const CONFIGURATION = 'infra/docker/postgres';
/** The launcher looks in over the network, which our rules let no superuser do. */
const LAUNCHER = 'host all postgres 127.0.0.1/32 scram-sha-256\n';

/** `name = 'value'` of each line. What the launcher decides itself is left out. */
const settingsOf = (
  text: string,
  replaced: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const found = [...text.matchAll(/^(\w+) = '?([^'\n#]*?)'?$/gm)].map(([, name = '', value = '']) => [
    name,
    Object.entries(replaced).reduce((now, [one, other]) => now.replaceAll(one, other), value),
  ]);
  return Object.fromEntries(found.filter(([name]) => name !== 'listen_addresses')) as Record<string, string>;
};

const tried = async (connectionString: string): Promise<string> => {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ who: string; version: string; tls: string }>(
      `SELECT current_user AS who, current_setting('server_version') AS version,
              (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls`,
    );
    return `${rows[0]?.who} ${rows[0]?.tls} ${rows[0]?.version}`;
  } catch (error) {
    return `refused (${(error as { code?: string }).code ?? 'no code'})`;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** The secrets of a service's container, with the addresses and folders of this rehearsal in them. */
export const secretsOf = (stage: Stage, service: string): string => stage.path('secrets', service);

const makeSecrets = (stage: Stage, port: number): void => {
  const made = stage.path('secrets', 'made');
  runToEnd([process.execPath, join(stage.root, 'infra/deploy/make-secrets.mjs'), made]);
  for (const service of ['migrate', 'command-api', 'query-api', 'projector', 'reactor', 'postgres']) {
    mkdirSync(secretsOf(stage, service));
    for (const name of readdirSync(made))
      copyWith(join(made, name), join(secretsOf(stage, service), name), {
        '@postgres:5432': `@localhost:${port}`,
        [encodeURIComponent('/run/certs')]: encodeURIComponent(certificatesOf(stage, service)),
      });
  }
};

const makeRoles = (stage: Stage, url: string): void => {
  runToEnd(['psql', '--no-psqlrc', '--quiet', '-f', join(stage.root, CONFIGURATION, 'roles.sql'), url], {
    env: { ...process.env, SECRETS: secretsOf(stage, 'postgres') },
  });
};

const assertDoors = async (stage: Stage): Promise<string> => {
  const secret = (name: string) => readFileSync(join(secretsOf(stage, 'migrate'), name), 'utf8');
  const [owner, runtime] = [secret('database_owner_url'), secret('database_runtime_url')];
  const plain = runtime.replace(/\?.*/, '');
  const noCertificate = runtime.replace(/&sslcert=[^&]*&sslkey=[^&]*/, '');
  const seen = {
    owner: await tried(owner),
    runtime: await tried(runtime),
    'without TLS': await tried(plain),
    'without a certificate': await tried(noCertificate),
    'with a wrong password': await tried(runtime.replace(/:[^:@]+@/, ':wrong-7261@')),
  };
  const isRight =
    /^lacuna_owner TLSv1.3 18/.test(seen.owner) &&
    /^lacuna_runtime TLSv1.3 18/.test(seen.runtime) &&
    [seen['without TLS'], seen['without a certificate']].every((one) => one === 'refused (28000)') &&
    seen['with a wrong password'] === 'refused (28P01)';
  const told = Object.entries(seen).map(([who, what]) => `${who}: ${what}`);
  if (!isRight) throw new Error(told.join(', '));
  return told.join(', ');
};

/** A PostgreSQL 18 with the files of docker-compose.yml: its settings, who may come in, the roles. */
export const rehearsePostgres = async (stage: Stage): Promise<string> => {
  const folder = stage.path('postgres');
  mkdirSync(folder, { recursive: true });
  const rules = stage.path('pg_hba.conf');
  writeFileSync(rules, LAUNCHER + readFileSync(join(stage.root, CONFIGURATION, 'pg_hba.conf'), 'utf8'));
  const certificates = certificatesOf(stage, 'postgres');
  giveFolder(serverUser(join(folder, 'data')), certificates);
  const text = readFileSync(join(stage.root, CONFIGURATION, 'postgresql.conf'), 'utf8');
  const settings = settingsOf(text, { '/run/certs': certificates, '/etc/lacuna/pg_hba.conf': rules });
  const database = await startEmbeddedDatabase({ folder, settings });
  stage.atEnd(() => database.stop());
  makeSecrets(stage, database.port);
  makeRoles(stage, database.url);
  return assertDoors(stage);
};

export const whatPostgresLacks = (): string | null =>
  onPath('psql') === null ? 'no psql, which runs roles.sql' : null;
