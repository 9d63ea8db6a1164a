import type { Instant, Sealed } from '@lacuna/domain/kernel';
import { memberFields, type MemberField } from '@lacuna/domain/member';
import type { Position } from '@lacuna/event-store';
import type { DataSource } from 'typeorm';
import { readViews } from '../queries/view-source.store.js';
import { viewPosition } from '../queries/view-status.store.js';
import { MemberDirectoryEntity } from './member-directory.entity.js';
import { memberDirectory } from './member-directory.projection.js';

/** A member as the directory has it: every value sealed. */
export type DirectoryMember = Readonly<{
  memberId: string;
  status: 'live' | 'restricted';
  registeredAt: Instant;
  /** From where on this row held; `validTo` null: it still does. */
  validFrom: Position;
  validTo: Position | null;
  fields: Readonly<Partial<Record<MemberField, Sealed>>>;
}>;

/** `position` is where the answer holds: what the directory had there, whole. */
export type MemberAt = Readonly<{ position: Position; member: DirectoryMember | null }>;

const toMember = (row: MemberDirectoryEntity): DirectoryMember => ({
  memberId: row.memberId,
  status: row.status === 'restricted' ? 'restricted' : 'live',
  registeredAt: row.registeredAt,
  validFrom: BigInt(row.validFrom),
  validTo: row.validTo === null ? null : BigInt(row.validTo),
  fields: Object.fromEntries(
    memberFields.flatMap((field) => {
      const sealed = row[field];
      return sealed === null ? [] : [[field, { sealed }]];
    }),
  ),
});

/**
 * A member now, or as of a position, which needs no replay. Null: unknown, or erased since (then at every position).
 * A position that the directory has not come to yet is answered as of where it stands: wait for it first.
 */
export const memberById = async (
  source: DataSource,
  tenant: string,
  memberId: string,
  asOf?: Position,
): Promise<MemberAt> => {
  const reached = await viewPosition(source, memberDirectory.name);
  const position = asOf !== undefined && asOf < reached ? asOf : reached;
  const row = await readViews(() =>
    source
      .getRepository(MemberDirectoryEntity)
      .createQueryBuilder('m')
      .where('m.tenant = :tenant AND m.memberId = :memberId', { tenant, memberId })
      .andWhere('m.validFrom <= :position AND (m.validTo IS NULL OR m.validTo > :position)', {
        position: position.toString(),
      })
      .getOne(),
  );
  return { position, member: row ? toMember(row) : null };
};
