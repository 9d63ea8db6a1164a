import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedDatabase } from '../../dist/infra/embedded-database/index.js';

/** One real PostgreSQL for all specs of a run; each spec file makes a database of its own in it (`freshDatabase`). */
export default async function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-test-'));
  const database = await startEmbeddedDatabase({ folder, settings: { max_connections: '300' } });
  globalThis.lacunaTestDatabase = { ...database, folder };
  process.env.LACUNA_TEST_DATABASE_URL = database.url;
}
