import { memberOf } from '../execute/frame.js';
import type { MemberName } from '../behaviour/behaviour.commands.js';
import type { Caller } from '../caller.js';
import type { Ports } from '../ports.js';

/**
 * The member that a request names by id or by the caller's own number, or the caller itself; null: nobody has that
 * number. Ask the policy before saying so: who may not act must not learn which numbers there are.
 */
export const namedMember = async (
  { custody }: Ports,
  caller: Caller,
  { memberId = '', customerNumber = '' }: MemberName,
): Promise<string | null> =>
  memberId === '' && customerNumber !== ''
    ? custody.lookup(caller.tenant, 'customerNumber', customerNumber, { includeOpen: true })
    : memberOf(caller, memberId);
