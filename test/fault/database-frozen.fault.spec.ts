import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { credentials, status, type ServiceError } from '@grpc/grpc-js';
import { memberV1 } from '@lacuna/contracts';
import { openHouse } from '../integration/house.js';
import { AppProcess } from './apart/app-process.js';
import { OwnDatabase } from './apart/own-database.js';
import { bearerOf, registration } from './apart/registrations.js';
import { until } from './product/waiting.js';

const DEADLINE_MS = 1_500;
/** Room for a machine that is busy with other tests; the figure is told. */
const SLACK_MS = 1_500;
const FROZEN_MS = 60_000;

type Ended = Readonly<{ error: ServiceError | null; memberId: string; lateMs: number }>;

it('A11 a database that stands still: deadlines hold, the process is not ready, and nothing has piled up when it goes on', async () => {
  const database = await OwnDatabase.start();
  const house = await openHouse({ from: null });
  const app = new AppProcess('command-api', {
    LACUNA_RUNTIME_DATABASE_URL: house.database.runtimeUrl,
    LACUNA_KEY_FILE: house.keyFile,
  });
  let client: memberV1.MemberServiceClient | null = null;
  try {
    await app.started();
    client = new memberV1.MemberServiceClient(app.grpc, credentials.createInsecure());
    const members = client;
    const metadata = await bearerOf(app.home);
    const register = (request: memberV1.RegisterMemberRequest, ms = DEADLINE_MS): Promise<Ended> =>
      new Promise((resolve) => {
        const deadline = Date.now() + ms;
        members.registerMember(request, metadata, { deadline }, (error, answer) => {
          resolve({ error, memberId: error ? '' : answer.memberId, lateMs: Date.now() - deadline });
        });
      });
    expect((await register(registration(), 20_000)).error).toBeNull();
    const files = (): number => readdirSync(`/proc/${app.pid}/fd`).length;
    const before = files();

    database.signal('SIGSTOP');
    const frozenAt = Date.now();
    const cut: { request: memberV1.RegisterMemberRequest; ended: Ended }[] = [];
    let notReadyAfterMs: number | null = null;
    const probing = (async (): Promise<void> => {
      while (notReadyAfterMs === null && Date.now() - frozenAt < FROZEN_MS) {
        if (!(await app.isReady())) notReadyAfterMs = Date.now() - frozenAt;
        await pause(500);
      }
    })();
    while (Date.now() - frozenAt < FROZEN_MS) {
      const requests = Array.from({ length: 20 }, registration);
      const ends = await Promise.all(requests.map((request) => register(request)));
      ends.forEach((ended, n) => {
        const request = requests[n];
        if (request) cut.push({ request, ended });
      });
    }
    await probing;
    const grown = files() - before;
    const live = await fetch(`http://${app.http}/health/live`);
    const latest = Math.max(...cut.map(({ ended }) => ended.lateMs));
    process.stdout.write(
      `A11 ${cut.length} calls cut, the latest ${latest} ms after its deadline; not ready after ${String(notReadyAfterMs)} ms; ${grown} more files\n`,
    );
    expect(cut.filter(({ ended }) => ended.error?.code !== status.DEADLINE_EXCEEDED)).toEqual([]);
    expect(latest).toBeLessThanOrEqual(SLACK_MS);
    expect(notReadyAfterMs).not.toBeNull();
    expect(notReadyAfterMs).toBeLessThanOrEqual(10_000);
    expect(live.status).toBe(200);
    // Connections come from pools with a limit, whatever stands still.
    expect(grown).toBeLessThan(30);

    database.signal('SIGCONT');
    await until('it is ready again', () => app.isReady(), 60_000);
    await until(
      'it takes commands',
      async () => (await register(registration(), 10_000)).error === null,
      60_000,
    );
    // Nobody waits for what was cut off: asked for again, each is done once.
    const known = new Set<string>();
    for (const { request } of cut)
      await until('a retry is answered', async () => {
        const { error, memberId } = await register(request, 20_000);
        known.add(memberId);
        return error === null;
      });
    known.delete('');
    expect(known.size).toBe(cut.length);
    let registered = 0;
    for await (const { events } of house.store.readAll(0n))
      registered += events.filter(
        ({ type, stream }) => type === 'MemberRegistered' && known.has(stream.slice(-36)),
      ).length;
    expect(registered).toBe(cut.length);
    expect(app.ended).toBe(false);
  } finally {
    database.signal('SIGCONT');
    client?.close();
    await app.remove();
    await house.drop();
    await database.remove();
  }
}, 480_000);
