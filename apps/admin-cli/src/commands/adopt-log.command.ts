import { adoptLog, readLogIdentity } from '@lacuna/event-store';
import { Client } from 'pg';
import { ownerUrlOf } from '../connection/owner-url.js';
import type { CommandResult } from '../output/output.js';
import type { CommandContext } from './command-context.js';

// Positions of the log before mean nothing in this one. Custody, claims and the clock count in no log: they stay.
const SET_BACK = [
  "UPDATE views.build SET state = 'retired' WHERE state IN ('live', 'building')",
  'UPDATE meta.reactor SET position = 0',
  'DELETE FROM meta.reactor_work',
  'UPDATE meta.relay SET position = 0',
  'DELETE FROM meta.processor',
];

/**
 * `adopt-log`: lets the database follow the log that is configured now, from its beginning: views are built anew,
 * reactor and relay begin again (what they did is in the log, and is not done twice). In one transaction, as the owner.
 */
export const adoptLogCommand = async ({ config }: CommandContext): Promise<CommandResult> => {
  const url = ownerUrlOf(config);
  const { openLog } = await import('../../../host/src/index.js');
  const { store, engine } = await openLog(config, url);
  const client = new Client({ connectionString: url });
  try {
    const identity = await readLogIdentity(store, engine);
    await client.connect();
    await client.query('BEGIN');
    await adoptLog(client, identity);
    for (const statement of SET_BACK) await client.query(statement);
    await client.query('COMMIT');
    return {
      document: identity,
      lines: [
        `this database follows the log on ${engine} from its beginning`,
        'start the apps: views are built anew, reactor and relay begin again',
      ],
      exitCode: 0,
    };
  } finally {
    await client.end().catch(() => undefined);
    await store.close();
  }
};
