import { accept, nothing, refuse, type Decision } from '../kernel/index.js';
import { memberCategory } from './member-fields.js';
import type { CompleteErasure, FinaliseErasure, RequestErasure, StartErasure } from './member.commands.js';
import type { ErasureItem, MemberEvent } from './member.events.js';
import type { Erasure, Member } from './member.state.js';

type MemberDecision = Decision<MemberEvent<string>>;

/** Deleted or anonymised, the person's keys of it are destroyed (R047). */
const goes = (plan: readonly ErasureItem[], category: string): boolean =>
  plan.some((item) => item.category === category && item.outcome !== 'retain');

const stays = (plan: readonly ErasureItem[], category: string): boolean =>
  plan.some((item) => item.category === category && item.outcome === 'retain');

/** R077, R078: on exit or request, all of it except what law keeps; naming what law keeps is refused. */
export const requestErasure = ({ data }: RequestErasure, member: Member): MemberDecision => {
  if (member.status === 'absent') return refuse('MEMBER_NOT_FOUND');
  if (member.status === 'erased') return refuse('MEMBER_ERASED');
  if (member.status === 'erasing') return nothing();
  const { memberId, erasureId, reason, plan } = data;
  if (!data.reasons.includes(reason)) return refuse('FIELD_INVALID', { field: 'reason', rule: 'unlisted' });
  const erasable = plan.filter(({ outcome }) => outcome !== 'retain').map(({ category }) => category);
  const categories = data.categories.length > 0 ? [...new Set(data.categories)] : erasable;
  if (categories.length === 0 || categories.some((category) => stays(plan, category)))
    return refuse('ERASURE_RETAINED_BY_LAW');
  if (!categories.every((category) => goes(plan, category)))
    return refuse('FIELD_INVALID', { field: 'categories', rule: 'unlisted' });
  // Reads stop for the whole member, so what makes the membership cannot be left behind, held for nothing.
  if (!categories.includes(memberCategory))
    return refuse('FIELD_INVALID', { field: 'categories', rule: 'incomplete' });
  return accept({ type: 'ErasureRequested', data: { memberId, erasureId, reason, categories } });
};

type Stage = Erasure['stage'];
const stages: readonly Stage[] = ['requested', 'started', 'destroyed', 'final'];

/** A step of an erasure: taken once, in order, and only on the erasure it is meant for. */
const step = (
  member: Member,
  erasureId: string,
  [from, to]: readonly [Stage, Stage],
  decide: (erasure: Erasure) => MemberDecision,
): MemberDecision => {
  if (member.status === 'absent') return refuse('MEMBER_NOT_FOUND');
  const { erasure } = member;
  if (erasure?.erasureId !== erasureId) return refuse('ERASURE_NOT_FOUND');
  if (stages.indexOf(erasure.stage) >= stages.indexOf(to)) return nothing();
  return erasure.stage === from ? decide(erasure) : refuse('ERASURE_OUT_OF_ORDER');
};

/** Writes down what goes and what stays, and why, before anything is destroyed (R078). */
export const startErasure = ({ data }: StartErasure, member: Member): MemberDecision =>
  step(member, data.erasureId, ['requested', 'started'], ({ categories }) => {
    if (!categories.every((category) => goes(data.plan, category))) return refuse('ERASURE_RETAINED_BY_LAW');
    const { memberId, erasureId, plan } = data;
    const items = plan.filter(
      ({ category, outcome }) => outcome === 'retain' || categories.includes(category),
    );
    return accept({ type: 'ErasureStarted', data: { memberId, erasureId, items } });
  });

/** The keys are destroyed: what was asked for is gone (R077). */
export const completeErasure = ({ data }: CompleteErasure, member: Member): MemberDecision =>
  step(member, data.erasureId, ['started', 'destroyed'], ({ categories }) =>
    accept({ type: 'MemberErased', data: { ...data, categories } }),
  );

/** Nobody who holds everything we hold can bring it back. */
export const finaliseErasure = ({ data }: FinaliseErasure, member: Member): MemberDecision =>
  step(member, data.erasureId, ['destroyed', 'final'], () => accept({ type: 'ErasureFinal', data }));
