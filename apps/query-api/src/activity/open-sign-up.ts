import type { Custody } from '@lacuna/custody';
import { activityCategory, type SignUpBody } from '@lacuna/domain/activity';
import { showDetails } from '@lacuna/domain/behaviour';
import { LacunaError } from '@lacuna/domain/kernel';
import type { PolicyPack } from '@lacuna/domain/policy';
import type { ParticipantRow } from '@lacuna/projections';

/** The field of the pack whose form a sign-up has. */
export const SIGN_UP_FIELD = 'sign-up';

type SignUpRead = Readonly<{
  tenant: string;
  memberId: string;
  activityId: string;
  pack: PolicyPack;
}>;

/** What somebody said when they signed up; null: the activity's key is gone. */
export const openSignUp = async (
  custody: Pick<Custody, 'openScopes'>,
  { tenant, memberId, activityId, pack }: SignUpRead,
  { eventId, details }: ParticipantRow,
): Promise<Readonly<Record<string, string>> | null> => {
  const [keys] = await custody.openScopes({ tenant, subject: memberId }, activityCategory, [activityId]);
  if (keys === undefined) return null;
  const form = pack.fields.get(SIGN_UP_FIELD)?.form;
  if (details === null || !form) return {};
  const text = keys.open('details', eventId, details);
  if (text === null) throw new LacunaError('SEALED_VALUE_BROKEN', 'a sealed sign-up does not open');
  // Only a sign-up seals under these keys and this label.
  const body = JSON.parse(text) as SignUpBody;
  return showDetails(form, body.details);
};
