import { startDouble, stopDouble, type DoubleProcess } from '../e2e/double-process.js';
import { Fleet, type Member } from '../kafka/fleet.js';
import { Caller } from './product/calls.js';
import { flawsOf, wholeLog } from './product/log.js';
import { until } from './product/waiting.js';
import { Notes, Writer } from './product/writers.js';

const WRITERS = 12;
const READERS = 4;
const DRAIN_MS = 25_000;
/** How a client is told that a process has gone: it sends the same again, elsewhere. */
const GONE = /^(cut off \(gRPC 14\)|VIEW_BEHIND)$/;

/** Asks for the server's facts, one call after the other, and again where the process asked is gone. */
class Reader {
  readonly #caller: Caller;
  answered = 0;

  constructor(fleet: Fleet, number: number) {
    this.#caller = new Caller(fleet.seenBy(number));
  }

  get repeats(): ReadonlyMap<string, number> {
    return this.#caller.repeats;
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#caller.untilAnswered(({ query, as }, options, callback) =>
        query.getServerInfo({}, as('operator'), options, callback),
      );
      this.answered += 1;
    }
    this.#caller.close();
  }
}

const drained = async (member: Member): Promise<Readonly<{ code: number | null; tookMs: number }>> => {
  const life = member.life!;
  const began = performance.now();
  member.signal('SIGTERM');
  const { code } = await life.exit;
  return { code, tookMs: Math.round(performance.now() - began) };
};

const restarted = async (double: DoubleProcess | null): Promise<void> => {
  const fleet = new Fleet(2, double === null ? {} : { LACUNA_LOG_URL: double.url });
  try {
    await fleet.start();
    const notes = new Notes();
    const writers = Array.from(
      { length: WRITERS },
      (_, number) => new Writer(number, fleet.seenBy(number), notes, 7),
    );
    const readers = Array.from({ length: READERS }, (_, number) => new Reader(fleet, number));
    let isOver = false;
    const began = performance.now();
    const work = Promise.all([...writers, ...readers].map((one) => one.run(() => isOver)));
    const restarts = [];
    const moreThan = (many: number): Promise<void> => {
      const before = notes.acknowledged.length;
      return until(`${many} more commands are answered`, () => notes.acknowledged.length > before + many);
    };
    for (const member of fleet.members.filter(({ app }) => app.endsWith('-api'))) {
      await moreThan(50);
      restarts.push({ app: member.app, ...(await drained(member)) });
      // The other one goes on alone.
      await moreThan(20);
      member.start();
      await fleet.whole();
    }
    isOver = true;
    await work;
    const seconds = (performance.now() - began) / 1000;
    const repeats = [...writers, ...readers].flatMap((one) => [...one.repeats.keys()]);
    process.stdout.write(
      `G01 on ${double === null ? 'PostgreSQL' : 'EventStoreDB'}: ${notes.acknowledged.length} commands (${Math.round(notes.acknowledged.length / seconds)}/s), drained in ${restarts.map(({ tookMs }) => tookMs).join(', ')} ms\n`,
    );
    for (const { app, code, tookMs } of restarts)
      expect([app, code, tookMs < DRAIN_MS]).toEqual([app, 0, true]);
    expect(repeats.filter((why) => !GONE.test(why))).toEqual([]);
    expect(notes.differing).toEqual([]);
    for (const { answered } of readers) expect(answered).toBeGreaterThan(10);
    const log = await wholeLog(fleet, double?.url);
    expect(flawsOf(log)).toEqual([]);
    const registered = log
      .filter(({ type }) => type === 'MemberRegistered')
      .map(({ data }) => data['memberId']);
    expect(new Set(registered).size).toBe(notes.of('register').length);
    expect(registered).toHaveLength(notes.of('register').length);
  } finally {
    await fleet.remove();
  }
};

it.each(['PostgreSQL', 'EventStoreDB'])(
  'G01 two command-apis and two query-apis are restarted one by one under load, the log on %s: no call fails that is sent again',
  async (engine) => {
    const double = engine === 'PostgreSQL' ? null : await startDouble();
    try {
      await restarted(double);
    } finally {
      if (double !== null) await stopDouble(double);
    }
  },
  300_000,
);
