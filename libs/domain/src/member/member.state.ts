import type { Sealed } from '../kernel/index.js';
import type { MemberEvent } from './member.events.js';
import type { MemberChanges, MemberField } from './member-fields.js';

/** A correction as it stands: what was asked is kept, still sealed, until it is applied. */
export type Correction =
  | Readonly<{ status: 'open' | 'overdue'; fields: readonly MemberField[]; changes: MemberChanges<Sealed> }>
  | Readonly<{ status: 'applied' }>;

export type Erasure = Readonly<{
  erasureId: string;
  stage: 'requested' | 'started' | 'destroyed' | 'final';
  categories: readonly string[];
}>;

export type Member = Readonly<{
  status: 'absent' | 'active' | 'erasing' | 'erased';
  corrections: Readonly<Record<string, Correction>>;
  erasure: Erasure | null;
}>;

export const initialMember: Member = { status: 'absent', corrections: {}, erasure: null };

const withCorrection = (member: Member, correctionId: string, correction: Correction): Member => ({
  ...member,
  corrections: { ...member.corrections, [correctionId]: correction },
});

const overdue = (member: Member, correctionId: string): Member => {
  const correction = member.corrections[correctionId];
  return correction?.status === 'open'
    ? withCorrection(member, correctionId, { ...correction, status: 'overdue' })
    : member;
};

const erasureAt = (member: Member, stage: Erasure['stage'], change: Partial<Erasure> = {}): Member =>
  member.erasure ? { ...member, erasure: { ...member.erasure, ...change, stage } } : member;

/** Folds what is in the log. Sealed values are carried, never opened. */
export const evolveMember = (member: Member, event: MemberEvent<Sealed>): Member => {
  switch (event.type) {
    case 'MemberRegistered':
      return { ...member, status: 'active' };
    case 'CorrectionRequested': {
      const { correctionId, fields, changes } = event.data;
      return withCorrection(member, correctionId, { status: 'open', fields, changes });
    }
    case 'InfoCorrected':
      return withCorrection(member, event.data.correctionId, { status: 'applied' });
    case 'CorrectionOverdue':
      return overdue(member, event.data.correctionId);
    case 'ErasureRequested': {
      const { erasureId, categories } = event.data;
      return { ...member, status: 'erasing', erasure: { erasureId, categories, stage: 'requested' } };
    }
    case 'ErasureStarted':
      return erasureAt(member, 'started');
    case 'MemberErased':
      return { ...erasureAt(member, 'destroyed'), status: 'erased', corrections: {} };
    case 'ErasureFinal':
      return erasureAt(member, 'final');
    case 'ClaimAbandoned':
      return member;
  }
};
