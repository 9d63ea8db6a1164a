import {
  accept,
  nothing,
  processingViolations,
  refuse,
  type Decider,
  type Decision,
  type Sealed,
  type Violation,
} from '../kernel/index.js';
import { violationsOf } from '../validators/index.js';
import { completeErasure, finaliseErasure, requestErasure, startErasure } from './member-erasure.decider.js';
import { memberFieldRules } from './member-field-rules.js';
import { memberFields, type MemberChanges } from './member-fields.js';
import type {
  ApplyCorrection,
  MarkCorrectionOverdue,
  MemberCommand,
  RegisterMember,
  RequestCorrection,
} from './member.commands.js';
import type { MemberEvent } from './member.events.js';
import { evolveMember, initialMember, type Member } from './member.state.js';

type MemberDecision = Decision<MemberEvent<string>>;

const provided = (values: MemberChanges<string>) =>
  memberFields.filter((field) => values[field] !== undefined);

const missing = (
  values: MemberChanges<string>,
  ...fields: readonly (keyof MemberChanges<string>)[]
): readonly Violation[] =>
  fields.filter((field) => values[field] === undefined).map((field) => ({ field, rule: 'required' }));

/** R077: from the moment an erasure is asked for, nothing more is done with the data but erase them. */
const unlessGone = (member: Member, decide: () => MemberDecision): MemberDecision => {
  switch (member.status) {
    case 'absent':
      return refuse('MEMBER_NOT_FOUND');
    case 'erasing':
      return refuse('SUBJECT_RESTRICTED');
    case 'erased':
      return refuse('MEMBER_ERASED');
    case 'active':
      return decide();
  }
};

const register = ({ data, context }: RegisterMember, member: Member): MemberDecision => {
  if (member.status !== 'absent')
    return refuse(member.status === 'erased' ? 'MEMBER_ERASED' : 'MEMBER_EXISTS');
  const violations = [
    ...processingViolations(context.processing), // R003, R013
    ...missing(data.info, 'name', 'mobile'), // R001; the other fields are the member's choice (R010)
    ...violationsOf(memberFieldRules, data.info, { today: data.today }), // R001, R117, R118
  ];
  if (violations.length > 0) return refuse('FIELD_INVALID', ...violations);
  return accept({ type: 'MemberRegistered', data: { memberId: data.memberId, ...data.info } });
};

/** R072: at any time. The deadline is not decided here: it follows from the moment of this event and the pack. */
const requestCorrection = ({ data, context }: RequestCorrection, member: Member): MemberDecision =>
  unlessGone(member, () => {
    if (member.corrections[data.correctionId]) return nothing();
    const { memberId, correctionId, changes, today } = data;
    const fields = provided(changes);
    const violations = [
      ...processingViolations(context.processing),
      ...(fields.length === 0 ? [{ field: 'changes', rule: 'required' }] : []),
      ...violationsOf(memberFieldRules, changes, { today }),
    ];
    if (violations.length > 0) return refuse('FIELD_INVALID', ...violations);
    return accept({ type: 'CorrectionRequested', data: { memberId, correctionId, fields, changes } });
  });

/** Exactly what was asked for, late or not: an overdue correction is still owed. */
const applyCorrection = ({ data }: ApplyCorrection, member: Member): MemberDecision =>
  unlessGone(member, () => {
    const { memberId, correctionId, changes } = data;
    const correction = member.corrections[correctionId];
    if (!correction) return refuse('CORRECTION_NOT_FOUND');
    if (correction.status === 'applied') return nothing();
    if (provided(changes).join() !== correction.fields.join()) return refuse('CORRECTION_NOT_AS_REQUESTED');
    return accept({ type: 'InfoCorrected', data: { memberId, correctionId, changes } });
  });

/** R072: overdue one millisecond after the last moment in time, once; an erasure ends the debt. */
const markOverdue = ({ data, context }: MarkCorrectionOverdue, member: Member): MemberDecision => {
  if (member.status === 'absent') return refuse('MEMBER_NOT_FOUND');
  if (member.status !== 'active') return nothing();
  const correction = member.corrections[data.correctionId];
  if (!correction) return refuse('CORRECTION_NOT_FOUND');
  if (correction.status !== 'open') return nothing();
  if (context.at <= data.dueAt) return refuse('CORRECTION_NOT_DUE');
  return accept({ type: 'CorrectionOverdue', data });
};

const decide = (command: MemberCommand, member: Member): MemberDecision => {
  switch (command.type) {
    case 'RegisterMember':
      return register(command, member);
    case 'RequestCorrection':
      return requestCorrection(command, member);
    case 'ApplyCorrection':
      return applyCorrection(command, member);
    case 'MarkCorrectionOverdue':
      return markOverdue(command, member);
    case 'RequestErasure':
      return requestErasure(command, member);
    case 'StartErasure':
      return startErasure(command, member);
    case 'CompleteErasure':
      return completeErasure(command, member);
    case 'FinaliseErasure':
      return finaliseErasure(command, member);
  }
};

export const memberDecider: Decider<Member, MemberCommand, MemberEvent<string>, MemberEvent<Sealed>> = {
  initialState: initialMember,
  decide,
  evolve: evolveMember,
};
