import { readEvent } from '@lacuna/domain/catalogue';
import { LacunaError, type Instant } from '@lacuna/domain/kernel';
import type { ErasureItem } from '@lacuna/domain/member';
import { erasurePlan } from '@lacuna/domain/policy';
import type { RecordedEvent } from '@lacuna/event-store';
import { memberOf } from '../execute/frame.js';
import { loadStream } from '../execute/load.js';
import { memberStream } from '../member/member-task.js';
import type {
  ErasurePlanItem,
  ErasureStatus,
  GetErasureStatus,
  PreviewErasure,
} from '../member/member.commands.js';
import { authorise, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';

const streamOf = async (
  ports: Ports,
  tenant: string,
  memberId: string,
): Promise<readonly RecordedEvent[]> => {
  const { events } = await loadStream(ports.store, memberStream(tenant, memberId));
  if (!events.some(({ type }) => type === 'MemberRegistered')) throw new LacunaError('MEMBER_NOT_FOUND');
  return events;
};

/** What an erasure would do, as the pack says now. Changes nothing. */
export const previewErasure = async (
  ports: Ports,
  { caller, memberId: named }: PreviewErasure,
): Promise<readonly ErasurePlanItem[]> => {
  const pack = packOf(ports, caller.tenant);
  const memberId = memberOf(caller, named);
  authorise(pack, { caller, action: 'preview-erasure', memberId });
  await streamOf(ports, caller.tenant, memberId);
  return erasurePlan(pack);
};

const NONE: ErasureStatus = {
  state: 'none',
  erasureId: null,
  requestedAt: null,
  destroyedAt: null,
  unrecoverableAt: null,
  items: [],
};

const shown = (items: readonly ErasureItem[]): readonly ErasurePlanItem[] =>
  items.map((item) => ({ ...item, basis: item.basis === '' ? null : item.basis }));

const after = (status: ErasureStatus, recorded: RecordedEvent): ErasureStatus => {
  const event = readEvent(recorded);
  const requestedAt: Instant = recorded.metadata.occurredAt;
  if (event.type === 'ErasureRequested')
    return { ...status, state: 'requested', erasureId: event.data.erasureId, requestedAt };
  if (event.type === 'ErasureStarted') return { ...status, state: 'started', items: shown(event.data.items) };
  if (event.type === 'MemberErased')
    return { ...status, state: 'destroyed', destroyedAt: event.data.destroyedAt };
  if (event.type === 'ErasureFinal')
    return { ...status, state: 'final', unrecoverableAt: event.data.unrecoverableAt };
  return status;
};

/** How far an erasure has come, with its times: what has not happened has none. */
export const erasureStatus = async (
  ports: Ports,
  { caller, memberId: named }: GetErasureStatus,
): Promise<ErasureStatus> => {
  const memberId = memberOf(caller, named);
  authorise(packOf(ports, caller.tenant), { caller, action: 'erasure-status', memberId });
  return (await streamOf(ports, caller.tenant, memberId)).reduce(after, NONE);
};
