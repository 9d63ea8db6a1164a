import { LacunaError } from '@lacuna/domain/kernel';
import { adoptLog, readLogIdentity, type LogIdentity } from '@lacuna/event-store';
import { fenceAll } from '@lacuna/runtime';
import type { ClientBase } from 'pg';
import { requireOwnerUrl } from '../connection/owner-url.js';
import type { CommandResult } from '../output/output.js';
import type { CommandContext } from './command-context.js';

// Positions of the log before mean nothing in this one. Custody compares itself with all of it again, and a night that
// is not counted yet is looked for from the beginning. Keys, claims and the clock count in no log: they stay.
const SET_BACK = [
  "UPDATE views.build SET state = 'retired' WHERE state IN ('live', 'building')",
  'UPDATE meta.reactor SET position = 0',
  'DELETE FROM meta.reactor_work',
  'UPDATE meta.relay SET position = 0',
  'DELETE FROM meta.processor',
  'DELETE FROM custody.comparison',
  'UPDATE custody.nights SET from_position = 0',
];

const adopt = async (owner: ClientBase, identity: LogIdentity): Promise<void> => {
  if (!(await fenceAll(owner)))
    throw new LacunaError(
      'LEASE_HELD',
      'an app is at work on this database: stop all of them, then run "npx lacuna adopt-log" again',
    );
  await adoptLog(owner, identity);
  for (const statement of SET_BACK) await owner.query(statement);
};

/**
 * `adopt-log`: lets the database follow the log that is configured now, from its beginning: views are built anew,
 * reactor and relay begin again (what they did is in the log, and is not done twice). In one transaction, as the owner,
 * and refused while an app is at work (`LEASE_HELD`).
 */
export const adoptLogCommand = async ({ config }: CommandContext): Promise<CommandResult> => {
  const url = requireOwnerUrl(config);
  const { openLog, withOwner } = await import('../../../host/src/index.js');
  const { store, engine } = await openLog(config, url);
  try {
    const identity = await readLogIdentity(store, engine);
    await withOwner(url, async (owner) => {
      // Rolled back by the end of the session where anything fails.
      await owner.query('BEGIN');
      await adopt(owner, identity);
      await owner.query('COMMIT');
    });
    return {
      document: { engine, firstEvent: identity.first?.id ?? null },
      lines: [
        `this database follows the log on ${engine} from its beginning`,
        'start the apps: views are built anew, reactor and relay begin again',
      ],
      exitCode: 0,
    };
  } finally {
    await store.close();
  }
};
