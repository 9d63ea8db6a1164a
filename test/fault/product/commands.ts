import type { memberV1 } from '@lacuna/contracts';
import type { Call, Role } from './calls.js';

/** A command as a client keeps it to send it again: the very same request. */
export type Command =
  | Readonly<{ kind: 'register'; request: memberV1.RegisterMemberRequest }>
  | Readonly<{ kind: 'verify'; request: memberV1.VerifyRealNameRequest }>
  | Readonly<{ kind: 'ask-correction'; request: memberV1.RequestCorrectionRequest }>
  | Readonly<{ kind: 'correct'; request: memberV1.ApplyCorrectionRequest }>
  | Readonly<{ kind: 'erase'; request: memberV1.RequestErasureRequest }>;

export type CommandKind = Command['kind'];

/** All that the product answers to a command. */
export type Answer =
  | memberV1.RegisterMemberResponse
  | memberV1.VerifyRealNameResponse
  | memberV1.RequestCorrectionResponse
  | memberV1.ApplyCorrectionResponse
  | memberV1.RequestErasureResponse;

const ROLE: Readonly<Record<CommandKind, Role>> = {
  register: 'integrator',
  verify: 'integrator',
  'ask-correction': 'integrator',
  correct: 'customer-service',
  erase: 'integrator',
};

export const callOf =
  (command: Command): Call<Answer> =>
  ({ member, as }, options, callback) => {
    const metadata = as(ROLE[command.kind]);
    switch (command.kind) {
      case 'register':
        return member.registerMember(command.request, metadata, options, callback);
      case 'verify':
        return member.verifyRealName(command.request, metadata, options, callback);
      case 'ask-correction':
        return member.requestCorrection(command.request, metadata, options, callback);
      case 'correct':
        return member.applyCorrection(command.request, metadata, options, callback);
      case 'erase':
        return member.requestErasure(command.request, metadata, options, callback);
    }
  };

/** A command that was answered, and what the answer was. */
export type Acknowledged = Readonly<{ command: Command; answer: Answer; attempts: number }>;

/** The member that a registration made. */
export const memberIdOf = ({ answer }: Acknowledged): string => {
  if (!('memberId' in answer)) throw new Error('this is no answer to a registration');
  return answer.memberId;
};

export const correctionIdOf = (answer: Answer): string => {
  if (!('correctionId' in answer)) throw new Error('this is no answer to a request for correction');
  return answer.correctionId;
};
