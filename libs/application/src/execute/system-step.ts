import type { StoredEvent } from '@lacuna/domain/catalogue';
import type { Command, CommandContext, Decider, DomainEvent } from '@lacuna/domain/kernel';
import type { Ports } from '../ports.js';
import { execute } from './execute.js';
import { systemContext, systemMetadata } from './frame.js';
import { targetsOf } from './targets.js';

/** The client name of what the system does by itself; no token can carry it. */
const SYSTEM_CLIENT = 'system/reactor';

/** One step of a process: a command that nobody sent, named by what it answers, so that it happens once. */
export type SystemStep<
  State,
  C extends Command,
  Decided extends DomainEvent,
  Stored extends StoredEvent,
> = Readonly<{
  tenant: string;
  stream: string;
  /** Names the step for ever: the digest of a deadline and its due time, an erasure and its stage. */
  requestId: string;
  decider: Decider<State, C, Decided, Stored>;
  command: (context: CommandContext) => C;
  causedBy?: string;
}>;

/** Whether the step was taken now (or by its own earlier try); false: the fact already held. */
export const systemStep = <State, C extends Command, Decided extends DomainEvent, Stored extends StoredEvent>(
  ports: Ports,
  { tenant, stream, requestId, decider, command, causedBy }: SystemStep<State, C, Decided, Stored>,
): Promise<boolean> =>
  execute(ports, () => {
    const at = { stream, subject: stream };
    const context = systemContext(ports, tenant);
    return {
      targets: () => targetsOf(ports.custody.requestNames(tenant, SYSTEM_CLIENT, requestId), () => at),
      at,
      folding: decider,
      sealing: null,
      payload: null,
      metadata: systemMetadata(ports, tenant, causedBy),
      now: context.at,
      decide: (state: State) => decider.decide(command(context), state),
      answer: () => true,
      nothing: () => false,
    };
  });
