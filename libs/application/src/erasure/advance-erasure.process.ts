import { LacunaError, type CommandContext } from '@lacuna/domain/kernel';
import { identityCategory } from '@lacuna/domain/identity';
import { memberDecider, type Erasure, type MemberCommand } from '@lacuna/domain/member';
import { fold, loadStream } from '../execute/load.js';
import { systemStep } from '../execute/system-step.js';
import { identityLabel } from '../identity/verify-real-name.js';
import { memberStream } from '../member/member-task.js';
import { packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { planOf } from './erasure-plan.js';

export type MemberRef = Readonly<{ tenant: string; memberId: string }>;

const erasureOf = async (ports: Ports, { tenant, memberId }: MemberRef): Promise<Erasure> => {
  const { erasure } = fold(memberDecider, await loadStream(ports.store, memberStream(tenant, memberId)));
  if (erasure === null) throw new LacunaError('ERASURE_NOT_FOUND');
  return erasure;
};

const step = (
  ports: Ports,
  { tenant, memberId }: MemberRef,
  name: string,
  command: (context: CommandContext) => MemberCommand,
): Promise<boolean> =>
  systemStep(ports, {
    tenant,
    stream: memberStream(tenant, memberId),
    requestId: `erasure/${name}`,
    decider: memberDecider,
    command,
  });

/** What goes and what stays is written down before anything is destroyed (R078). */
const start = (ports: Ports, ref: MemberRef, { erasureId }: Erasure): Promise<boolean> =>
  step(ports, ref, `start/${erasureId}`, (context) => ({
    type: 'StartErasure',
    data: { memberId: ref.memberId, erasureId, plan: planOf(packOf(ports, ref.tenant)) },
    context,
  }));

/** One transaction of custody; after a crash it answers with the time of the first one. */
const destroy = async (ports: Ports, ref: MemberRef, erasure: Erasure): Promise<boolean> => {
  const { tenant, memberId } = ref;
  const { erasureId, categories } = erasure;
  const { destroyedAt } = await ports.custody.destroy({
    tenant,
    subject: memberId,
    categories,
    derived: [{ category: identityCategory, label: identityLabel }],
    now: ports.clock.now(),
  });
  return step(ports, ref, `complete/${erasureId}`, (context) => ({
    type: 'CompleteErasure',
    data: { memberId, erasureId, destroyedAt },
    context,
  }));
};

/**
 * Takes an erasure from wherever it stands to destroyed: the state is read from the log before each step, so that it
 * goes on after a crash between any two. What is left is the nightly rotation.
 */
export const advanceErasure = async (ports: Ports, ref: MemberRef): Promise<void> => {
  let erasure = await erasureOf(ports, ref);
  while (erasure.stage === 'requested' || erasure.stage === 'started') {
    await (erasure.stage === 'requested' ? start : destroy)(ports, ref, erasure);
    erasure = await erasureOf(ports, ref);
  }
};

/** The last key that could have brought the data back is gone. */
export const finaliseErasure = async (
  ports: Ports,
  ref: MemberRef,
  unrecoverableAt: string,
): Promise<boolean> => {
  const { erasureId } = await erasureOf(ports, ref);
  return step(ports, ref, `finalise/${erasureId}`, (context) => ({
    type: 'FinaliseErasure',
    data: { memberId: ref.memberId, erasureId, unrecoverableAt },
    context,
  }));
};
