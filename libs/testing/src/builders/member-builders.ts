import type {
  ApplyCorrection,
  CompleteErasure,
  CorrectionOverdue,
  CorrectionRequested,
  ErasureFinal,
  ErasureItem,
  ErasureRequested,
  ErasureStarted,
  FinaliseErasure,
  InfoCorrected,
  MarkCorrectionOverdue,
  MemberChanges,
  MemberErased,
  MemberInfo,
  MemberRegistered,
  RegisterMember,
  RequestCorrection,
  RequestErasure,
  StartErasure,
} from '@lacuna/domain/member';
import { commandBuilder, eventBuilder, id, instantOf } from './message-builder.js';

const memberId = id(1);
const correctionId = id(2);
const erasureId = id(3);
const today = '1998-07-01';

/** Nobody: a number that no operator gives out, a name of no entry in the demo data. */
export const someInfo: MemberInfo<string> = { name: '许一诺', mobile: '19900000001' };
export const someChanges: MemberChanges<string> = { mobile: '19900000002' };

/** What the car club's pack makes of a member's categories. */
export const somePlan: readonly ErasureItem[] = [
  { category: 'basic', outcome: 'erase', basis: '', until: null, cite: 'R077 000§6.3' },
  { category: 'real-name', outcome: 'retain', basis: 'real-name-law', until: null, cite: 'R078 000§6.3' },
];

export const registerMember = commandBuilder<RegisterMember>('RegisterMember', {
  memberId,
  info: someInfo,
  today,
});
export const requestCorrection = commandBuilder<RequestCorrection>('RequestCorrection', {
  memberId,
  correctionId,
  changes: someChanges,
  today,
});
export const applyCorrection = commandBuilder<ApplyCorrection>('ApplyCorrection', {
  memberId,
  correctionId,
  changes: someChanges,
});
/** Asked for at 09:00 on 1 July: in time until 09:00 on the 2nd. */
export const markCorrectionOverdue = commandBuilder<MarkCorrectionOverdue>('MarkCorrectionOverdue', {
  memberId,
  correctionId,
  dueAt: instantOf('1998-07-02T09:00+08:00'),
});
export const requestErasure = commandBuilder<RequestErasure>('RequestErasure', {
  memberId,
  erasureId,
  reason: 'exit',
  categories: [],
  plan: somePlan,
  reasons: ['exit', 'request'],
});
export const startErasure = commandBuilder<StartErasure>('StartErasure', {
  memberId,
  erasureId,
  plan: somePlan,
});
export const completeErasure = commandBuilder<CompleteErasure>('CompleteErasure', {
  memberId,
  erasureId,
  destroyedAt: instantOf('1998-07-01T10:00+08:00'),
});
export const finaliseErasure = commandBuilder<FinaliseErasure>('FinaliseErasure', {
  memberId,
  erasureId,
  unrecoverableAt: instantOf('1998-07-01T23:00+08:00'),
});

export const registered = eventBuilder<MemberRegistered<string>>('MemberRegistered', {
  memberId,
  ...someInfo,
});
export const correctionRequested = eventBuilder<CorrectionRequested<string>>('CorrectionRequested', {
  memberId,
  correctionId,
  fields: ['mobile'],
  changes: someChanges,
});
export const infoCorrected = eventBuilder<InfoCorrected<string>>('InfoCorrected', {
  memberId,
  correctionId,
  changes: someChanges,
});
export const correctionOverdue = eventBuilder<CorrectionOverdue>('CorrectionOverdue', {
  memberId,
  correctionId,
  dueAt: instantOf('1998-07-02T09:00+08:00'),
});
export const erasureRequested = eventBuilder<ErasureRequested>('ErasureRequested', {
  memberId,
  erasureId,
  reason: 'exit',
  categories: ['basic'],
});
export const erasureStarted = eventBuilder<ErasureStarted>('ErasureStarted', {
  memberId,
  erasureId,
  items: somePlan,
});
export const memberErased = eventBuilder<MemberErased>('MemberErased', {
  memberId,
  erasureId,
  categories: ['basic'],
  destroyedAt: instantOf('1998-07-01T10:00+08:00'),
});
export const erasureFinal = eventBuilder<ErasureFinal>('ErasureFinal', {
  memberId,
  erasureId,
  unrecoverableAt: instantOf('1998-07-01T23:00+08:00'),
});
