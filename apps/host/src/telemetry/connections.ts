import { getChannelzHandlers } from '@grpc/grpc-js';
import type { Metrics } from '@lacuna/runtime';

type Ask<Request, Answer> = (
  call: Readonly<{ request: Request }>,
  answer: (error: unknown, message?: Answer | null) => void,
) => void;

type Servers = Readonly<{ server: readonly Readonly<{ ref: Readonly<{ server_id: number }> }>[] }>;
type Sockets = Readonly<{ socket_ref: readonly unknown[] }>;

const MOST = 100_000;

const asked = <Request, Answer>(ask: Ask<Request, Answer>, request: Request): Promise<Answer | null> =>
  new Promise((resolve) => {
    ask({ request }, (_error, message) => resolve(message ?? null));
  });

/** How many connections this process's gRPC servers hold: grpc-js keeps the books of its channelz service. */
const openConnections = async (): Promise<number> => {
  const handlers = getChannelzHandlers();
  const listServers = handlers['GetServers'] as Ask<object, Servers>;
  const listSockets = handlers['GetServerSockets'] as Ask<object, Sockets>;
  const servers = await asked(listServers, { start_server_id: 0, max_results: MOST });
  const sockets = await Promise.all(
    (servers?.server ?? []).map(({ ref }) =>
      asked(listSockets, { server_id: ref.server_id, start_socket_id: 0, max_results: MOST }),
    ),
  );
  return sockets.reduce((sum, one) => sum + (one?.socket_ref.length ?? 0), 0);
};

export const observeConnections = (metrics: Metrics): void => {
  metrics.onScrape(async () => metrics.set('lacuna_connections', await openConnections()));
};
