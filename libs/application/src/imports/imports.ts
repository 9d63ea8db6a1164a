import { readEvent } from '@lacuna/domain/catalogue';
import type { ImportCompleted, ImportEvent } from '@lacuna/domain/imports';
import { accept, nothing, streamId } from '@lacuna/domain/kernel';
import { execute } from '../execute/execute.js';
import { contextOf, metadataOf } from '../execute/frame.js';
import { loadStream, type Folding } from '../execute/load.js';
import { targetsOf } from '../execute/targets.js';
import type { Task } from '../execute/task.js';
import { authorise, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import type { CompletedImport, CompleteImport, ListCompletedImports } from './import.commands.js';

type Completed = readonly CompletedImport[];

const completedImports: Folding<Completed, ImportEvent> = {
  initialState: [],
  evolve: (imports, { data }) => [...imports, data],
};

const isSame = (one: CompletedImport, other: CompletedImport): boolean =>
  one.length === other.length && one.sha256 === other.sha256;

/** Once per file, whoever says it and how often: a file is its length and digest, for ever. */
export const completeImport = async (ports: Ports, { frame, completed }: CompleteImport): Promise<void> => {
  const { caller, requestId } = frame;
  const { tenant, client } = caller;
  authorise(packOf(ports, tenant), { caller, action: 'import', memberId: null });
  return execute(ports, (): Task<Completed, ImportEvent, ImportCompleted, void> => {
    const stream = streamId(tenant, 'imports', completed.kind);
    const at = { stream, subject: stream };
    const context = contextOf(ports, frame);
    return {
      targets: () => targetsOf(ports.custody.requestNames(tenant, client, requestId), () => at),
      at,
      folding: completedImports,
      sealing: null,
      payload: null,
      metadata: metadataOf(ports, context),
      now: context.at,
      decide: (known) =>
        known.some((one) => isSame(one, completed))
          ? nothing()
          : accept({ type: 'ImportCompleted', data: { ...completed } }),
      answer: () => undefined,
      nothing: () => undefined,
    };
  });
};

/** The files of a kind that came in whole, the oldest first. */
export const listCompletedImports = async (
  ports: Ports,
  { caller, kind }: ListCompletedImports,
): Promise<Completed> => {
  authorise(packOf(ports, caller.tenant), { caller, action: 'import', memberId: null });
  const { events } = await loadStream(ports.store, streamId(caller.tenant, 'imports', kind));
  return events.flatMap((recorded) => {
    const event = readEvent(recorded);
    return event.type === 'ImportCompleted' ? [event.data] : [];
  });
};
