/** What is held about a member (R001). No identity number: that is verified, and kept, as a record of its own. */
export const memberFields = [
  'name',
  'mobile',
  'memberLevel',
  'vehicleMake',
  'vehicleModel',
  'plate',
  'vin',
  'joinedOn',
  'customerNumber',
] as const;
export type MemberField = (typeof memberFields)[number];

export const isMemberField = (field: string): field is MemberField =>
  memberFields.some((known) => known === field);

/** The category of everything on a member's own stream. */
export const memberCategory = 'basic';

/** A member's basic information; what is absent was not provided (R010). `V`: plain when decided, sealed when stored. */
export type MemberInfo<V> = Readonly<
  { name: V; mobile: V } & Partial<Record<Exclude<MemberField, 'name' | 'mobile'>, V>>
>;

/** New values of some fields. */
export type MemberChanges<V> = Readonly<Partial<Record<MemberField, V>>>;
