import {
  mobileRule,
  nameRule,
  pastDateRule,
  plateRule,
  textRule,
  vinRule,
  type FieldRule,
} from '../validators/index.js';
import type { MemberField } from './member-fields.js';

/** The rule of each field of a member: the decider asks it, and so may whoever checks a request at the edge. */
export const memberFieldRules: Readonly<Record<MemberField, FieldRule>> = {
  name: nameRule,
  mobile: mobileRule,
  memberLevel: textRule(32),
  vehicleMake: textRule(64),
  vehicleModel: textRule(64),
  plate: plateRule,
  vin: vinRule,
  joinedOn: pastDateRule,
  customerNumber: textRule(64),
};
