import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metrics } from '@lacuna/runtime';
import { freshDatabase } from '@lacuna/testing';
import { createFileKms } from '../kms/file-kms.js';
import { createCustody } from '../postgres/custody.js';
import { custodySchema } from '../schema/custody.schema.js';
import { observeCustody } from './observed-custody.js';

const now = '1998-07-01T01:00:00.000Z';
const ref = { tenant: 'car-club', subject: '0000cafe-0000-4000-8000-00000000cafe' };

it('I10 counts what is asked of custody by operation and answer, and is custody in everything else', async () => {
  const database = await freshDatabase(custodySchema);
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-custody-'));
  const kms = createFileKms({ file: join(folder, 'keys.json'), backupFile: join(folder, 'keys.backup') });
  const metrics = new Metrics({ app: 'command-api', version: '1', codes: ['SUBJECT_UNKNOWN'] });
  const custody = observeCustody(
    await createCustody({ connectionString: database.runtimeUrl, kms }),
    metrics,
  );
  try {
    const writer = await custody.open({ ...ref, categories: ['basic'], mint: 'subject', now });
    const value = writer.seal('basic', 'name', ref.subject, 'canary');
    expect(await custody.unseal(ref.tenant, [value])).toEqual([{ kind: 'opened', plaintext: 'canary' }]);
    const stranger = { tenant: 'car-club', subject: '0000beef-0000-4000-8000-00000000beef' };
    await expect(
      custody.open({ ...stranger, categories: ['basic'], mint: 'none', now }),
    ).rejects.toMatchObject({ code: 'SUBJECT_UNKNOWN' });
    await custody.rotate(now, '1998-07');
    const text = await metrics.text();
    expect(text).toMatch(/lacuna_custody_operations_total{operation="open",code="OK"} 1/);
    expect(text).toMatch(/lacuna_custody_operations_total{operation="open",code="SUBJECT_UNKNOWN"} 1/);
    expect(text).toMatch(/lacuna_custody_operations_total{operation="unseal",code="OK"} 1/);
    expect(text).toMatch(/lacuna_custody_rotations_total 1/);
    expect(text).not.toMatch(/canary|cafe|beef/);
  } finally {
    await custody.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  }
});
