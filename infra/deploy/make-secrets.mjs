/**
 * Makes the secrets of docker-compose.yml: random passwords, and the addresses that hold them. What is there is left
 * as it is, so that running this twice changes nothing.
 *   node infra/deploy/make-secrets.mjs [folder]     default: ./secrets
 * The folder is 0700 and its files 0444: on the host only its owner gets in, and in a container, where a secret is
 * mounted as one file, the numbered user that has to read it can.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(process.argv[2] ?? 'secrets');
mkdirSync(folder, { recursive: true, mode: 0o700 });
chmodSync(folder, 0o700);

// No line end: what reads a password takes it as it stands.
const secret = (name, value) => {
  const file = join(folder, name);
  if (!existsSync(file)) writeFileSync(file, value, { mode: 0o444, flag: 'wx' });
  return readFileSync(file, 'utf8');
};
const password = (name) => secret(name, randomBytes(24).toString('base64url'));

const CA = '/run/certs/roots/ca.crt';
const tls = new URLSearchParams({
  sslmode: 'verify-full',
  sslrootcert: CA,
  sslcert: '/run/certs/tls.crt',
  sslkey: '/run/certs/tls.key',
});
const database = (role, given) => `postgres://${role}:${given}@postgres:5432/lacuna?${tls}`;
const nodes = [1, 2, 3].map((node) => `eventstore-${node}:2113`).join(',');

password('database_superuser_password');
password('grafana_admin_password');
password('eventstore_ops_password');
secret('database_owner_url', database('lacuna_owner', password('database_owner_password')));
secret('database_runtime_url', database('lacuna_runtime', password('database_runtime_password')));
secret(
  'log_url',
  `esdb+discover://admin:${password('eventstore_admin_password')}@${nodes}?tls=true&tlsCAFile=${CA}`,
);
process.stdout.write(`the secrets of docker-compose.yml are in ${folder}\n`);
