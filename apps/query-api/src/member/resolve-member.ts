import type { Custody } from '@lacuna/custody';
import { LacunaError } from '@lacuna/domain/kernel';
import type { MemberKey } from './get-member.query.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The member that a key of a caller's own tenant leads to; null: none. */
export const resolveMember = async (
  custody: Pick<Custody, 'lookup'>,
  tenant: string,
  { $case, value }: MemberKey,
): Promise<string | null> => {
  if ($case === 'memberId') return UUID.test(value) ? value : null;
  // A claim is confirmed after its append has been answered: who has just registered is found by it already. A claim
  // whose append never came leads to nobody in the directory.
  return await custody.lookup(tenant, $case, value, { includeOpen: true });
};

/** Why a member is not in the directory. Another tenant's member is as unknown as nobody. */
export const whyAbsent = async (
  custody: Pick<Custody, 'status'>,
  tenant: string,
  memberId: string,
): Promise<LacunaError> => {
  const status = await custody.status({ tenant, subject: memberId });
  switch (status.kind) {
    case 'erased':
      return new LacunaError('MEMBER_ERASED', 'this member has been erased');
    case 'restricted':
      return new LacunaError('SUBJECT_RESTRICTED', 'this member is being erased');
    case 'live':
    case 'unknown':
      return new LacunaError('MEMBER_NOT_FOUND', 'no such member');
  }
};
