import { LacunaError } from '@lacuna/domain/kernel';
import type { ImportFile, ImportState } from '@lacuna/custody';
import type {
  BehaviourImport,
  BeginBehaviourImport,
  EndBehaviourImport,
  ListOpenImports,
  OpenImport,
} from '../behaviour/behaviour.commands.js';
import { formOf } from '../behaviour/read-record.js';
import type { Caller } from '../caller.js';
import { authorise, packOf } from '../policy/gate.js';
import type { Ports } from '../ports.js';
import { CompleteImport, ListCompletedImports } from './import.commands.js';
import { completeImport, listCompletedImports } from './imports.js';

/** Rows of one chunk: what one request records at most. */
const CHUNK_ROWS = 500;

export const mayImport = (ports: Ports, caller: Caller): void =>
  authorise(packOf(ports, caller.tenant), { caller, action: 'import', memberId: null });

/** The name under which the files of a kind are remembered for ever. */
const completedKind = (kind: string): string => `behaviour-${kind}`;

export const chunksOf = ({ rows, chunkRows }: Pick<ImportFile, 'rows' | 'chunkRows'>): number =>
  Math.ceil(rows / chunkRows);

export const importOf = (
  { importId, seed, nextChunk, chunkRows, counts }: ImportState,
  rejects: BehaviourImport['rejects'],
): BehaviourImport => ({ importId, seed, nextChunk, chunkRows, ...counts, rejects });

/** The import that is meant, of the caller's own organisation; `IMPORT_UNKNOWN`: ended, or never begun. */
export const openImport = async (ports: Ports, tenant: string, importId: string): Promise<ImportState> => {
  const state = await ports.custody.importState(tenant, importId);
  if (state === null) throw new LacunaError('IMPORT_UNKNOWN', 'no such import is under way');
  return state;
};

/** The same bytes and the same rows of them: a part that came in since makes another import of it. */
const isSameFile = (one: BeginBehaviourImport['file'], other: BeginBehaviourImport['file']): boolean =>
  one.length === other.length && one.sha256 === other.sha256 && one.rows === other.rows;

/**
 * Files may begin with one another, and while one of them is half in only its seed says which of its rows came in. So
 * one file of a kind comes in at a time.
 */
const assertAlone = async (
  ports: Ports,
  tenant: string,
  file: BeginBehaviourImport['file'],
): Promise<void> => {
  const others = (await ports.custody.openImports()).filter(
    (one) => one.tenant === tenant && one.kind === file.kind && !isSameFile(one, file),
  );
  if (others.length > 0)
    throw new LacunaError('IMPORT_UNDER_WAY', 'another file of this kind is half in: finish or abandon it');
};

const isCompleted = async (
  ports: Ports,
  caller: Caller,
  { kind, length, sha256 }: BeginBehaviourImport['file'],
): Promise<boolean> =>
  (await listCompletedImports(ports, new ListCompletedImports(caller, completedKind(kind)))).some(
    (one) => one.length === length && one.sha256 === sha256,
  );

/**
 * Looks whether it may, begins, and looks again: between the two another caller may have begun another file, or
 * finished this one, which would then come in a second time.
 */
export const beginBehaviourImport = async (
  ports: Ports,
  { caller, file, rejectsAfter }: BeginBehaviourImport,
): Promise<BehaviourImport> => {
  const { tenant } = caller;
  mayImport(ports, caller);
  if (formOf(packOf(ports, tenant), file.kind) === null) throw new LacunaError('KIND_UNKNOWN');
  await assertAlone(ports, tenant, file);
  const asked = { ...file, tenant, chunkRows: CHUNK_ROWS };
  const state = await ports.custody.beginImport(asked, ports.clock.now(), rejectsAfter);
  await assertAlone(ports, tenant, file);
  if (state.nextChunk === 0 && (await isCompleted(ports, caller, file))) {
    await ports.custody.endImport(tenant, state.importId);
    throw new LacunaError('IMPORT_COMPLETED', 'this file came in before, whole');
  }
  return importOf(state, state.rejects);
};

/**
 * Finished: the file is remembered first, so that a crash between the two leaves an import that can be ended again,
 * never a file that could come in twice. Abandoned: what came in stays, and the file is not remembered.
 */
export const endBehaviourImport = async (
  ports: Ports,
  { frame, data }: EndBehaviourImport,
): Promise<void> => {
  const { tenant } = frame.caller;
  mayImport(ports, frame.caller);
  const state = await openImport(ports, tenant, data.importId);
  if (data.complete) {
    if (state.nextChunk < chunksOf(state))
      throw new LacunaError('IMPORT_CHUNK_INVALID', 'not all chunks are in');
    const { kind, length, sha256, rows } = state;
    const completed = { kind: completedKind(kind), length, sha256, rows };
    await completeImport(ports, new CompleteImport(frame, completed));
  }
  await ports.custody.endImport(tenant, data.importId);
};

/** Imports of the caller's organisation that were begun and neither finished nor abandoned. */
export const listOpenImports = async (
  ports: Ports,
  { caller }: ListOpenImports,
): Promise<readonly OpenImport[]> => {
  mayImport(ports, caller);
  return (await ports.custody.openImports())
    .filter(({ tenant }) => tenant === caller.tenant)
    .map(({ importId, kind, rows, nextChunk, chunkRows, begunAt }) => ({
      importId,
      kind,
      rows,
      rowsIn: Math.min(rows, nextChunk * chunkRows),
      begunAt,
    }));
};
