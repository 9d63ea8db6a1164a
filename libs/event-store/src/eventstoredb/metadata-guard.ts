import type { LacunaError } from '@lacuna/domain/kernel';
import type { ServerReads } from './server-reads.js';
import { jsonOf, type ServerRecord } from './server-records.js';
import { wouldForget } from './store-errors.js';
import { ALL_METADATA_STREAM, LOG_METADATA_PREFIX, metadataStream } from './stream-names.js';

const FORGETTING = ['$maxAge', '$maxCount', '$tb'];

/**
 * The log keeps everything: a store that truncates or ages a stream of it is refused, when it is opened and for good
 * once it was seen.
 */
export type MetadataGuard = Readonly<{
  /** Throws `STORE_WOULD_FORGET` once something was seen that forgets. */
  check(): void;
  /** Takes a record of a metadata stream; says whether it was one. */
  see(record: ServerRecord): boolean;
  /** Looks at the whole server's metadata and at one stream's. */
  look(stream: string | null): Promise<void>;
}>;

export const createMetadataGuard = (reads: ServerReads): MetadataGuard => {
  let found: LacunaError | null = null;
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
      if (!record.stream.startsWith(LOG_METADATA_PREFIX)) return false;
      judge(record);
      return true;
    },
    look: async (stream) => {
      const names = [ALL_METADATA_STREAM, ...(stream === null ? [] : [metadataStream(stream)])];
      for (const name of names) {
        const newest = await reads.records({ stream: name, direction: 'backward', from: null, count: 1 });
        for (const record of newest ?? []) judge(record);
      }
      check();
    },
  };
};
