import { Client } from 'pg';
import { CLOCK_CHANNEL, type StoreClock } from './clock.store.js';

const RETRY_MS = 1_000;
// A notification that was lost with its connection is made good for by then.
const LOOK_MS = 1_000;
const CONNECT_MS = 5_000;

type Following = { client: Client | null; isStopped: boolean; retry: NodeJS.Timeout | undefined };

const end = (client: Client): Promise<void> => client.end().catch(() => undefined);

const listen = async (connectionString: string, onMove: () => void, onEnd: () => void): Promise<Client> => {
  const client = new Client({ connectionString, keepAlive: true, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  client.once('end', onEnd);
  client.on('notification', onMove);
  try {
    await client.connect();
    await client.query(`LISTEN ${CLOCK_CHANNEL}`);
    return client;
  } catch (error) {
    await end(client);
    throw error;
  }
};

/**
 * Has a simulated clock show what other processes move it to, within a round trip while the database answers. A real
 * one needs nobody. Resolves once it follows, to what ends it.
 */
export const followClock = async (
  connectionString: string,
  clock: StoreClock,
): Promise<() => Promise<void>> => {
  if (clock.kind === 'real') return () => Promise.resolve();
  const following: Following = { client: null, isStopped: false, retry: undefined };
  const read = (): Promise<void> => clock.refresh().catch(() => undefined);
  const refresh = (): void => void read();
  let isLooking = false;
  // One look at a time: at a database that stands still they would pile up.
  const lookAgain = (): void => {
    if (isLooking) return;
    isLooking = true;
    void read().finally(() => (isLooking = false));
  };
  const follow = async (): Promise<void> => {
    try {
      following.client = await listen(connectionString, refresh, again);
      if (following.isStopped) await end(following.client);
      refresh();
    } catch {
      again();
    }
  };
  const again = (): void => {
    clearTimeout(following.retry);
    if (!following.isStopped) following.retry = setTimeout(() => void follow(), RETRY_MS);
  };
  const look = setInterval(lookAgain, LOOK_MS);
  await follow();
  return async () => {
    following.isStopped = true;
    clearInterval(look);
    clearTimeout(following.retry);
    if (following.client !== null) await end(following.client);
  };
};
