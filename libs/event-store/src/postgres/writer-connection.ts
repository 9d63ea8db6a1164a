import { Client } from 'pg';
import { clientConfig, prepareSession, type SessionOptions } from './primary-session.js';

type Session = Readonly<{ client: Client; pid: number; startedAt: string }>;

const hangUp = (client: Client): void => {
  // `end()` would wait for a server that may be gone.
  client.connection.stream.destroy();
};

/**
 * The store's one writing connection, opened when needed and again after it was lost. Before a new one is used the
 * old one's backend is ended: a batch that is still waiting there must not run after its repetition was answered.
 */
export class WriterConnection {
  private session: Session | null = null;
  private lost: Omit<Session, 'client'> | null = null;

  constructor(private readonly options: SessionOptions) {}

  async use<T>(work: (client: Client) => Promise<T>): Promise<T> {
    this.session ??= await this.open();
    return work(this.session.client);
  }

  /** After a failure that leaves the connection in doubt. */
  discard(): void {
    if (this.session === null) return;
    this.lost = { pid: this.session.pid, startedAt: this.session.startedAt };
    hangUp(this.session.client);
    this.session = null;
  }

  async close(): Promise<void> {
    const session = this.session;
    this.session = null;
    await session?.client.end().catch(() => undefined);
  }

  private async open(): Promise<Session> {
    const client = new Client(clientConfig(this.options));
    // A connection that dies while idle is noticed at its next use.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await prepareSession(client);
      await this.endLostBackend(client);
      const { rows } = await client.query<{ pid: number; startedAt: string }>(
        'SELECT pid, backend_start::text AS "startedAt" FROM pg_stat_activity WHERE pid = pg_backend_pid()',
      );
      const { pid, startedAt } = rows[0] ?? { pid: 0, startedAt: '' };
      return { client, pid, startedAt };
    } catch (error) {
      hangUp(client);
      throw error;
    }
  }

  private async endLostBackend(client: Client): Promise<void> {
    if (this.lost === null) return;
    const { rows } = await client.query<{ ended: boolean }>(
      `SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity
        WHERE pid = $1 AND backend_start::text = $2`,
      [this.lost.pid, this.lost.startedAt],
    );
    if (rows.some((row) => !row.ended)) throw new Error('the lost connection is still at work in the server');
    this.lost = null;
  }
}
