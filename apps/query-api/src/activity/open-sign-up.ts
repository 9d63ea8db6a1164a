import type { Custody } from '@lacuna/custody';
import { activityCategory, type SignUpBody } from '@lacuna/domain/activity';
import { showDetails } from '@lacuna/domain/behaviour';
import { LacunaError } from '@lacuna/domain/kernel';
import { maskValue, type AllowedField, type PolicyPack } from '@lacuna/domain/policy';
import type { ParticipantRow } from '@lacuna/projections';

/** The field of the pack whose form a sign-up has. */
export const SIGN_UP_FIELD = 'sign-up';

type SignUpRead = Readonly<{
  tenant: string;
  memberId: string;
  activityId: string;
  pack: PolicyPack;
  fields: readonly AllowedField[];
}>;

/** What somebody said when they signed up, as its mask shows it; null: the activity's key is gone. */
export const openSignUp = async (
  custody: Pick<Custody, 'openScopes'>,
  { tenant, memberId, activityId, pack, fields }: SignUpRead,
  { eventId, details }: ParticipantRow,
): Promise<Readonly<Record<string, string>> | null> => {
  const [keys] = await custody.openScopes({ tenant, subject: memberId }, activityCategory, [activityId]);
  if (keys === undefined) return null;
  const form = pack.fields.get(SIGN_UP_FIELD)?.form;
  const mask = fields.find(({ name }) => name === SIGN_UP_FIELD)?.mask;
  if (details === null || !form || mask === undefined) return {};
  const text = keys.open('details', eventId, details);
  if (text === null) throw new LacunaError('SEALED_VALUE_BROKEN', 'a sealed sign-up does not open');
  // Only a sign-up seals under these keys and this label.
  const body = JSON.parse(text) as SignUpBody;
  return Object.fromEntries(
    Object.entries(showDetails(form, body.details)).map(([name, value]) => [name, maskValue(mask, value)]),
  );
};
