/**
 * What is ours in a server that may hold other things: the streams of the log, and one small stream per event id.
 * Neither begins with `$`, which is the server's; the filter of a reader is a prefix.
 */
const LOG = 'lacuna.log/';
const IDS = 'lacuna.id/';

export const LOG_PREFIX = LOG;
/** The metadata of the log's streams: whoever writes there makes a stream forget. */
export const LOG_METADATA_PREFIX = `$$${LOG}`;
/** The metadata of everything that is ours. */
export const METADATA_PREFIXES: readonly string[] = [LOG_METADATA_PREFIX, `$$${IDS}`];
export const ALL_METADATA_STREAM = '$$$all';

export const serverStream = (stream: string): string => `${LOG}${stream}`;
export const metadataStream = (stream: string): string => `${LOG_METADATA_PREFIX}${stream}`;
export const reservationStream = (eventId: string): string => `${IDS}${eventId}`;

export const isLogStream = (name: string): boolean => name.startsWith(LOG);
export const logStream = (name: string): string => name.slice(LOG.length);
