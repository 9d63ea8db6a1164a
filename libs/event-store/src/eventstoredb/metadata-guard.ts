import type { LacunaError } from '@lacuna/domain/kernel';
import type { Revision } from '../event-store.port.js';
import type { ServerReads } from './server-reads.js';
import { jsonOf, type ServerRecord } from './server-records.js';
import { wouldForget } from './store-errors.js';
import { ALL_METADATA_STREAM, METADATA_PREFIXES } from './stream-names.js';

const FORGETTING = ['$maxAge', '$maxCount', '$tb'];

/**
 * The log keeps everything: a store that truncates or ages a stream of it is refused, when it is opened and for good
 * once it was seen.
 */
export type MetadataGuard = Readonly<{
  /** Throws `STORE_WOULD_FORGET` once something was seen that forgets, and what `fail` was given. */
  check(): void;
  /** Takes a record of a metadata stream; says whether it was one. */
  see(record: ServerRecord): boolean;
  /** Looks at the whole server's metadata and at all that our streams were ever given. */
  look(): Promise<void>;
  /** Nobody watches any more: nothing is taken or given out from now on. */
  fail(error: LacunaError): void;
}>;

const isOurs = ({ stream }: ServerRecord): boolean =>
  METADATA_PREFIXES.some((prefix) => stream.startsWith(prefix));

export const createMetadataGuard = (reads: ServerReads): MetadataGuard => {
  let found: LacunaError | null = null;
  // What was said of the whole server before counts no more: the newest was looked at.
  let looked: Revision = -1n;
  const check = (): void => {
    if (found) throw found;
  };
  const judge = (record: ServerRecord): void => {
    const metadata = jsonOf(record.data);
    const key = FORGETTING.find((name) => metadata[name] !== undefined);
    if (key !== undefined)
      found ??= wouldForget(`EventStoreDB has ${key} in the metadata of the log: it would forget events`);
  };
  return {
    check,
    see: (record) => {
      const isOfAll = record.stream === ALL_METADATA_STREAM;
      if (isOurs(record) || (isOfAll && record.revision > looked)) judge(record);
      return record.stream.startsWith('$$');
    },
    look: async () => {
      const newest = await reads.records({
        stream: ALL_METADATA_STREAM,
        direction: 'backward',
        from: null,
        count: 1,
      });
      for (const record of newest ?? []) {
        judge(record);
        looked = record.revision;
      }
      for (const record of await reads.search(METADATA_PREFIXES)) judge(record);
      check();
    },
    fail: (error) => {
      found ??= error;
    },
  };
};
