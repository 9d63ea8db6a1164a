import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { memberV1 } from '@lacuna/contracts';
import { Refused, type Call, type Caller } from './calls.js';
import { callOf, type Command } from './commands.js';
import { getMember } from './members.js';
import { service } from './people.js';
import type { Served } from './served.js';

export const eraseCommand = (memberId: string): Command => ({
  kind: 'erase',
  request: {
    requestId: `erase-${memberId}`,
    processing: service,
    memberId,
    reason: 'exit',
    categories: [],
  },
});

export const requestErasure = async (caller: Caller, memberId: string): Promise<void> => {
  await caller.untilAnswered(callOf(eraseCommand(memberId)));
};

const statusCall =
  (memberId: string): Call<memberV1.GetErasureStatusResponse> =>
  ({ member, as }, options, callback) =>
    member.getErasureStatus({ memberId }, as('compliance-officer'), options, callback);

export const erasureStatus = async (
  caller: Caller,
  memberId: string,
): Promise<memberV1.GetErasureStatusResponse> => (await caller.untilAnswered(statusCall(memberId))).answer;

/** What a read of a member gives: a reason, or `value` where anything personal came back. */
export const readOf = async (caller: Caller, memberId: string): Promise<string> => {
  try {
    const { answer } = await caller.untilAnswered(getMember({ $case: 'memberId', value: memberId }));
    return answer.fields.length > 0 ? 'value' : 'empty';
  } catch (error) {
    if (error instanceof Refused) return error.call.reason ?? `gRPC ${error.call.grpcCode}`;
    throw error;
  }
};

/** What log and custody held together at one moment. */
export type Snapshot = Readonly<{
  erased: ReadonlySet<string>;
  final: ReadonlySet<string>;
  /** Members with a living key of their basic information, and with a claim. */
  keyed: ReadonlySet<string>;
  /** Which key-encryption key wraps the key of each of them. */
  epochs: ReadonlyMap<string, number>;
}>;

const ENDED = `SELECT type, substring(stream from '\\.member-(.*)$') AS member FROM log.events
                WHERE type IN ('MemberErased', 'ErasureFinal')`;
const LIVING = `SELECT subject AS member, kek_epoch AS epoch FROM custody.subject_keys
                 WHERE category = 'basic' AND wrapped IS NOT NULL`;

/** Log and custody in one snapshot of the database; `url` outlives a killed product, whose database still runs. */
export const snapshotOf = async (url: string): Promise<Snapshot> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows: ended } = await client.query<{ type: string; member: string }>(ENDED);
    const { rows: living } = await client.query<{ member: string; epoch: number }>(LIVING);
    const of = (type: string): ReadonlySet<string> =>
      new Set(ended.filter((one) => one.type === type).map(({ member }) => member));
    return {
      erased: of('MemberErased'),
      final: of('ErasureFinal'),
      keyed: new Set(living.map(({ member }) => member)),
      epochs: new Map(living.map(({ member, epoch }) => [member, epoch])),
    };
  } finally {
    await client.end();
  }
};

type KeyFile = Readonly<{ keys: readonly Readonly<{ keyClass: string; epoch: number }>[] }>;

/** Epochs of the key-encryption keys of a class that the key file or its backup still holds. */
export const epochsHeld = (product: Served, keyClass: string): ReadonlySet<number> => {
  const file = join(product.home, 'keys', 'key-encryption-keys.json');
  const held = [file, `${file}.backup`].flatMap(
    (path) => (JSON.parse(readFileSync(path, 'utf8')) as KeyFile).keys,
  );
  return new Set(held.filter((key) => key.keyClass === keyClass).map(({ epoch }) => epoch));
};

/**
 * E02: what must never be, at any moment: an erasure that says destroyed while a key lives, or final while a
 * key-encryption key lives that had wrapped one. `wrappedUnder`: which one that was for each member.
 */
export const liesOf = (
  { erased, final, keyed }: Snapshot,
  held: ReadonlySet<number>,
  wrappedUnder: ReadonlyMap<string, number>,
): readonly string[] => [
  ...[...erased].filter((member) => keyed.has(member)).map((member) => `${member}: destroyed, its key lives`),
  ...[...final].filter((member) => !erased.has(member)).map((member) => `${member}: final, not destroyed`),
  ...[...final]
    .filter((member) => held.has(wrappedUnder.get(member) ?? -1))
    .map((member) => `${member}: final, the key that wrapped its key lives`),
];
