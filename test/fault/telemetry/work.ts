import type { Planting } from './planted.js';

export const DAY = '2026-11-20';
const ACTIVITY_ENDS = '2026-11-22T10:00:00+08:00';
/** Past the activity, and past the ends of what was asked for. */
export const WALK = 'P3D';
/** When a run begins whose work this is. */
export const BEGIN = '2026-11-20T10:00+08:00';
export const MEMBERS = 6;
const BEHAVIOURS = 90;

/** A bit of everything that callers do, rightly and wrongly; the ids of the members. */
export const workOf = async (planting: Planting): Promise<readonly string[]> => {
  const members: string[] = [];
  for (let index = 0; index < MEMBERS; index += 1) members.push(await planting.member());
  const [first = '', second = '', third = ''] = members;
  for (let index = 0; index < BEHAVIOURS; index += 1)
    await planting.behaviour(members[index % MEMBERS] ?? '', DAY);
  await planting.activity(members, ACTIVITY_ENDS);
  for (const member of members) await planting.read(member);
  await planting.correct(second);
  await planting.erase(third);
  await planting.wrongly(first);
  return members;
};
