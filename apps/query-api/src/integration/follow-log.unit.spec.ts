import { behaviourRecorded, correctionOverdue, recordedLog, registered, type LogLine } from '@lacuna/testing';
import { publishedContexts } from '@lacuna/domain/integration';
import { cursorsOf } from './cursor.js';
import { followLog, type Following, type Portion } from './follow-log.js';
import type { FeedBatch, LogFeed } from './log-feed.js';
import { Subscriptions } from './subscriptions.js';

/** A log in memory, with positions as an engine may give them: with gaps. */
class MemoryFeed implements LogFeed {
  readonly given: bigint[] = [];
  private waiting: (() => void) | null = null;
  private batches: FeedBatch[] = [];

  /** One batch for each line, at these positions. */
  append(...lines: readonly (LogLine & Readonly<{ position: bigint }>)[]): void {
    const events = recordedLog(lines);
    lines.forEach(({ position }, index) => {
      const event = { ...events[index]!, position };
      this.batches = [
        ...this.batches.map((one) => ({ ...one, caughtUp: false })),
        { events: [event], position, caughtUp: true },
      ];
    });
    this.waiting?.();
  }

  /** One batch for all of them, as an engine gives what lies close together. */
  appendTogether(...lines: readonly (LogLine & Readonly<{ position: bigint }>)[]): void {
    const events = recordedLog(lines).map((event, index) => ({ ...event, position: lines[index]!.position }));
    this.batches = [{ events, position: events.at(-1)!.position + 1n, caughtUp: true }];
  }

  head(): Promise<bigint> {
    return Promise.resolve(this.batches.at(-1)?.position ?? 0n);
  }

  name(): Promise<string | null> {
    return Promise.resolve(null);
  }

  async *subscribe(after: bigint, { signal }: Readonly<{ signal?: AbortSignal }>): AsyncGenerator<FeedBatch> {
    let position = after;
    while (signal?.aborted !== true) {
      for (const batch of this.batches.filter((one) => one.position > position)) {
        position = batch.position;
        this.given.push(position);
        yield batch;
      }
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}

class BrokenFeed extends MemoryFeed {
  override subscribe(): AsyncGenerator<FeedBatch> {
    const failing = super.subscribe(0n, {});
    failing.next = () => Promise.reject(new Error('ahead of the log'));
    return failing;
  }
}

let feed: MemoryFeed;
let gone: AbortController;
beforeEach(() => {
  feed = new MemoryFeed();
  gone = new AbortController();
});
afterEach(() => gone.abort());

const follow = (change: Partial<Following> = {}): AsyncGenerator<Portion> =>
  followLog(feed, {
    tenant: 'car-club',
    contexts: new Set(publishedContexts),
    after: 0n,
    signal: gone.signal,
    keepAliveMs: 60_000,
    maxRecords: 200,
    lastClosedDay: () => '1998-01-01',
    ...change,
  });

const next = async (portions: AsyncGenerator<Portion>): Promise<Portion> => {
  const result: IteratorResult<Portion, unknown> = await portions.next();
  if (result.done === true) throw new Error('it has ended');
  return result.value;
};
const idsOf = ({ events }: Portion): readonly string[] => events.map(({ id }) => id);

it('gives what comes, with the place that was passed, across gaps', async () => {
  feed.append({ ...registered(), position: 7n }, { ...correctionOverdue(), position: 4_000_000_000n });
  const portions = follow();
  const [first, second] = [await next(portions), await next(portions)];
  expect([first, second].map(({ position, caughtUp }) => [position, caughtUp])).toEqual([
    [7n, false],
    [4_000_000_000n, true],
  ]);
  const again = follow({ after: 7n });
  expect(idsOf(await next(again))).toEqual(idsOf(second));
});

it('gives no more at once than asked for, each portion with the place behind its last record', async () => {
  const positions = [2n, 3n, 5n, 8n, 9n];
  feed.appendTogether(...positions.map((position) => ({ ...registered(), position })));
  const portions = follow({ maxRecords: 2 });
  const three = [await next(portions), await next(portions), await next(portions)];
  expect(three.map(({ events, position, caughtUp }) => [events.length, position, caughtUp])).toEqual([
    [2, 3n, false],
    [2, 8n, false],
    [1, 10n, true],
  ]);
  expect(feed.given).toEqual([10n]);
});

it('has caught up once, and stays so while more happens', async () => {
  feed.append({ ...registered(), position: 1n });
  const portions = follow();
  expect((await next(portions)).caughtUp).toBe(true);
  const coming = next(portions);
  feed.append({ ...registered(), position: 2n }, { ...registered(), position: 3n });
  expect([(await coming).caughtUp, (await next(portions)).caughtUp]).toEqual([true, true]);
});

it('says nothing when another organisation has done something, but the place by the clock', async () => {
  feed.append({ ...registered(), position: 1n });
  const portions = follow({ keepAliveMs: 150 });
  expect(await next(portions)).toMatchObject({ position: 1n, caughtUp: true });
  const before = Date.now();
  const quiet = next(portions);
  feed.append({ ...registered(), tenant: 'other-club', position: 2n });
  feed.append({ ...registered(), tenant: 'other-club', position: 3n });
  expect(await quiet).toEqual({ events: [], position: 3n, caughtUp: true });
  expect(Date.now() - before).toBeGreaterThanOrEqual(140);
});

it('says so when it has caught up, also where nothing was theirs', async () => {
  feed.append({ ...registered(), tenant: 'other-club', position: 5n });
  expect(await next(follow())).toEqual({ events: [], position: 5n, caughtUp: true });
});

it('gives only the contexts that were asked for', async () => {
  feed.append({ ...registered(), position: 1n }, { ...behaviourRecorded(), position: 2n });
  const portions = follow({ contexts: new Set(['behaviour']) });
  expect((await next(portions)).events.map(({ type }) => type)).toEqual(['BehaviourRecorded']);
});

it('R041 gives no reference to a behaviour whose day is closed: the topic has none of them either', async () => {
  feed.append(
    { ...behaviourRecorded({ day: '1998-01-01' }), position: 1n },
    { ...behaviourRecorded({ day: '1998-01-02' }), position: 2n },
  );
  const portions = follow();
  expect((await next(portions)).events.map(({ data }) => data)).toEqual([{ day: '1998-01-02' }]);
});

it('reads one batch ahead of its reader at most', async () => {
  feed.append(...[1n, 2n, 3n, 4n, 5n].map((position) => ({ ...registered(), position })));
  const portions = follow();
  await next(portions);
  expect(feed.given).toEqual([1n]);
});

it('F07 ends at once and without an error when nobody listens any more, or its reader leaves', async () => {
  const portions = follow();
  const waiting = portions.next();
  gone.abort();
  expect(await waiting).toEqual({ value: undefined, done: true });
  gone = new AbortController();
  const left = follow({ keepAliveMs: 10 });
  await next(left);
  await left.return(undefined);
});

it('throws what the log throws', async () => {
  feed = new BrokenFeed();
  await expect(follow().next()).rejects.toThrow('ahead of the log');
});

describe('a cursor', () => {
  const key = Buffer.alloc(32, 7);
  const both = new Set(['member', 'activity']);
  const cursors = cursorsOf(key, 'car-club', both);

  it('is read back, and says nothing: the same place twice is two texts of one length', () => {
    const texts = [1n, 1n, 2n ** 63n - 1n].map((position) => cursors.seal(position, 'log'));
    expect(texts.map((text) => cursors.open(text, 'log'))).toEqual([1n, 1n, 2n ** 63n - 1n]);
    expect(new Set(texts).size).toBe(3);
    expect(new Set(texts.map(({ length }) => length)).size).toBe(1);
  });

  it('is refused where one bit is another, in another organisation, and of another store', () => {
    const bytes = Buffer.from(cursors.seal(7n, 'log'), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const other = Buffer.from(bytes);
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => cursors.open(other.toString('base64url'), 'log')).toThrow('no cursor');
    }
    const good = bytes.toString('base64url');
    expect(() => cursorsOf(key, 'other-club', both).open(good, 'log')).toThrow('no cursor');
    expect(() => cursorsOf(Buffer.alloc(32, 8), 'car-club', both).open(good, 'log')).toThrow('no cursor');
    for (const text of ['', 'a', `${good}A`, good.slice(1), `${good}=`, good.toLowerCase()])
      expect(() => cursors.open(text, 'log')).toThrow('no cursor');
  });

  it('R041 is good for the contexts it was given for, in any order, and for no others', () => {
    const good = cursors.seal(7n, 'log');
    const opened = (...contexts: readonly string[]) =>
      cursorsOf(key, 'car-club', new Set(contexts)).open(good, 'log');
    expect(opened('activity', 'member')).toBe(7n);
    for (const others of [
      ['member'],
      ['behaviour'],
      ['member', 'activity', 'behaviour'],
      ['activity,member'],
      [],
    ])
      expect(() => opened(...others)).toThrow('no cursor');
  });

  it('is a place in its own log only, but the beginning is the same in all', () => {
    expect(() => cursors.open(cursors.seal(7n, 'log'), 'another')).toThrow('no cursor');
    expect(() => cursors.open(cursors.seal(7n, 'log'), null)).toThrow('no cursor');
    expect(cursors.open(cursors.seal(0n, null), 'log')).toBe(0n);
  });
});

describe('the subscriptions of a process', () => {
  const rules = { perTenant: 2, keepAliveMs: 1, lastsMs: 50 };

  it('are no more than they may be, per organisation', () => {
    const subscriptions = new Subscriptions(rules);
    const open = [1, 2].map(() => subscriptions.begin('car-club', gone.signal));
    expect(() => subscriptions.begin('car-club', gone.signal)).toThrow('as many');
    subscriptions.begin('other-club', gone.signal);
    open[0]!.close();
    open[0]!.close();
    subscriptions.begin('car-club', gone.signal);
    expect(() => subscriptions.begin('car-club', gone.signal)).toThrow('as many');
  });

  it('end after a while, so that a token that was withdrawn ends too', async () => {
    const before = Date.now();
    const { signal } = new Subscriptions(rules).begin('car-club', gone.signal);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    expect(Date.now() - before).toBeGreaterThanOrEqual(45);
  });

  it('G01 end when the process stops, and none begins', () => {
    const subscriptions = new Subscriptions(rules);
    const { signal } = subscriptions.begin('car-club', gone.signal);
    subscriptions.onModuleDestroy();
    expect(signal.aborted).toBe(true);
    expect(() => subscriptions.begin('car-club', gone.signal)).toThrow('stops');
  });
});
