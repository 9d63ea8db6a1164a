import { setTimeout as sleep } from 'node:timers/promises';
import { recordCall, somethingDone } from '../fault/product/behaviours.js';
import { Caller } from '../fault/product/calls.js';
import { callOf } from '../fault/product/commands.js';
import { requestErasure } from '../fault/product/erasures.js';
import { People, service } from '../fault/product/people.js';
import { Random } from '../fault/product/random.js';
import { until, each } from '../fault/product/waiting.js';
import { Notes, Writer } from '../fault/product/writers.js';
import type { Fleet, Member } from './fleet.js';
import type { KafkaCluster } from '@lacuna/testing';

const WRITERS = 8;
const DOERS = 30;
const LEAVERS = 24;
/** Longer than a lease is held without a sign of life. */
const STOPPED_MS = 12_000;

const RESTART_MS = 240_000;

/** The load of a crash test: writers of members, people who do things, and people who leave. */
export class CrashLoad {
  readonly notes = new Notes();
  readonly failures: unknown[] = [];
  readonly recorded: string[] = [];
  readonly left: string[] = [];
  readonly repeats = new Map<string, number>();
  #doers: readonly string[] = [];
  #leavers: readonly string[] = [];

  constructor(
    private readonly fleet: Fleet,
    private readonly seed: number,
  ) {}

  /** Registers who will do things and who will leave; resolves when all of them can be recorded. */
  async prepare(): Promise<void> {
    const caller = new Caller(this.fleet.seenBy(0));
    const people = new People(90);
    try {
      const ids: string[] = [];
      for (let number = 0; number < DOERS + LEAVERS; number += 1) {
        const request = { requestId: `early-${number}`, processing: service, info: people.next() };
        const { answer } = await caller.untilAnswered(callOf({ kind: 'register', request }));
        if ('memberId' in answer) ids.push(answer.memberId);
      }
      this.#doers = ids.slice(0, DOERS);
      this.#leavers = ids.slice(DOERS);
      await each(this.#doers, (id) => this.#record(caller, new Random(1), id, `first-${id}`));
    } finally {
      caller.close();
    }
  }

  get early(): readonly string[] {
    return [...this.#doers, ...this.#leavers];
  }

  /** Runs until told to stop; the last request of each is answered before it resolves. */
  async run(isOver: () => boolean): Promise<void> {
    const isDone = (): boolean => isOver() || this.failures.length > 0;
    const writers = Array.from(
      { length: WRITERS },
      (_, number) => new Writer(number, this.fleet.seenBy(number), this.notes, this.seed),
    );
    const work = [
      ...writers.map((writer) => writer.run(isDone)),
      this.#doThings(isDone),
      this.#leave(isDone),
    ];
    await Promise.all(work.map((one) => one.catch((error: unknown) => this.failures.push(error))));
    for (const { repeats } of writers) this.#addRepeats(repeats);
  }

  async #doThings(isDone: () => boolean): Promise<void> {
    const caller = new Caller(this.fleet.seenBy(1));
    const random = new Random(this.seed + 1_000);
    try {
      for (let number = 0; !isDone(); number += 1)
        await this.#record(caller, random, random.pick(this.#doers), `done-${number}`);
    } finally {
      this.#addRepeats(caller.repeats);
      caller.close();
    }
  }

  async #record(caller: Caller, random: Random, member: string, requestId: string): Promise<void> {
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    await caller.untilAnswered(recordCall(somethingDone(requestId, random, [member], [day])));
    this.recorded.push(requestId);
  }

  async #leave(isDone: () => boolean): Promise<void> {
    const caller = new Caller(this.fleet.seenBy(2));
    try {
      for (const member of this.#leavers) {
        if (isDone()) return;
        await requestErasure(caller, member);
        this.left.push(member);
        await Promise.race([sleep(4_000), until('it is over', isDone)]);
      }
    } finally {
      this.#addRepeats(caller.repeats);
      caller.close();
    }
  }

  #addRepeats(repeats: ReadonlyMap<string, number>): void {
    for (const [why, times] of repeats) this.repeats.set(why, (this.repeats.get(why) ?? 0) + times);
  }
}

/** What hits the processes and the brokers while the load runs, and how often each did. */
export class Hits {
  readonly counts = new Map<string, number>();

  constructor(
    private readonly fleet: Fleet,
    private readonly cluster: KafkaCluster,
    private readonly random: Random,
  ) {}

  async run(isOver: () => boolean): Promise<void> {
    await Promise.all([
      this.#again(isOver, 2_000, () => this.#hitMember(this.random.pick(this.fleet.members))),
      this.#again(isOver, 5_000, () => this.#hitBroker()),
    ]);
  }

  async #again(isOver: () => boolean, restMs: number, hit: () => Promise<void>): Promise<void> {
    while (!isOver()) {
      await sleep(restMs);
      await hit();
    }
  }

  /** It dies and comes back as another process; or is stopped for longer than a lease holds, and then goes on. */
  async #hitMember(member: Member): Promise<void> {
    const holdsLeases = member.app === 'projector' || member.app === 'reactor';
    if (holdsLeases && this.random.chance(0.3)) {
      this.#count(`${member.app} stopped`);
      member.signal('SIGSTOP');
      await sleep(STOPPED_MS);
      member.signal('SIGCONT');
      return;
    }
    this.#count(`${member.app} killed`);
    await member.kill();
    await sleep(this.random.below(2_000));
    member.start();
    // The next one is hit when this one serves again: without a process of each kind nobody is answered.
    await until('a process that was killed serves again', () => this.fleet.isReady(member), RESTART_MS);
  }

  async #hitBroker(): Promise<void> {
    const node = this.random.pick(this.cluster.nodes);
    this.#count('broker killed');
    await node.kill();
    await sleep(1_000 + this.random.below(5_000));
    await node.start();
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
