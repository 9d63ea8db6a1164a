import { isDeepStrictEqual } from 'node:util';
import { Caller, Refused } from './calls.js';
import {
  callOf,
  correctionIdOf,
  memberIdOf,
  type Acknowledged,
  type Answer,
  type Command,
  type CommandKind,
} from './commands.js';
import { People, realName, service } from './people.js';
import type { Served } from './served.js';
import { Random } from './random.js';

/** What the writers of a run have seen between them. */
export class Notes {
  readonly acknowledged: Acknowledged[] = [];
  /** Registrations that lost their number to another writer. */
  readonly lost: Command[] = [];
  readonly differing: string[] = [];
  /** Answered commands that were sent again on purpose, and compared. */
  repeated = 0;
  /** Telephone numbers that two writers register at once. */
  readonly duels: string[] = [];

  of(kind: CommandKind): readonly Acknowledged[] {
    return this.acknowledged.filter(({ command }) => command.kind === kind);
  }

  /** Commands whose first answer came only after the same request had been sent before. */
  get retried(): readonly Acknowledged[] {
    return this.acknowledged.filter(({ attempts }) => attempts > 1);
  }
}

type Known = { readonly memberId: string; verified: boolean; openCorrection: string | null };

/** One client: it registers, corrects and verifies members of its own, one command after the other. */
export class Writer {
  readonly #caller: Caller;
  readonly #random: Random;
  readonly #people: People;
  readonly #members: Known[] = [];
  readonly #own: Acknowledged[] = [];
  #requests = 0;

  constructor(
    private readonly number: number,
    product: Served,
    private readonly notes: Notes,
    seed: number,
  ) {
    this.#caller = new Caller(product);
    this.#random = new Random(seed * 100 + number);
    this.#people = new People(number);
  }

  /** Writes until told to stop; the last command is answered before it resolves. */
  async run(shouldStop: () => boolean): Promise<void> {
    try {
      while (!shouldStop()) {
        await this.#one();
        if (this.#own.length > 0 && this.#random.chance(0.1)) await this.repeat(this.#random.pick(this.#own));
      }
    } finally {
      this.#caller.close();
    }
  }

  /** Sends an answered command again, and compares. */
  async repeat(before: Acknowledged): Promise<void> {
    const { answer } = await this.#caller.untilAnswered(callOf(before.command));
    this.notes.repeated += 1;
    if (!isDeepStrictEqual(answer, before.answer))
      this.notes.differing.push(
        `${before.command.kind} ${before.command.request.requestId}: ${JSON.stringify(before.answer)}, then ${JSON.stringify(answer)}`,
      );
  }

  get repeats(): ReadonlyMap<string, number> {
    return this.#caller.repeats;
  }

  async #one(): Promise<void> {
    const known = this.#members.length === 0 ? null : this.#random.pick(this.#members);
    if (known === null || this.#random.chance(0.4)) return this.#register();
    if (known.openCorrection !== null) return this.#correct(known, known.openCorrection);
    if (!known.verified && this.#random.chance(0.4)) return this.#verify(known);
    return this.#askCorrection(known);
  }

  async #register(): Promise<void> {
    const info = this.#people.next();
    const duel = this.#random.chance(0.15);
    if (duel) info.mobile = this.#duel();
    const request = { requestId: this.#requestId(), processing: service, info };
    const command: Command = { kind: 'register', request };
    try {
      const done = await this.#send(command);
      this.#members.push({ memberId: memberIdOf(done), verified: false, openCorrection: null });
    } catch (error) {
      if (!duel || !(error instanceof Refused) || error.call.reason !== 'CLAIM_TAKEN') throw error;
      this.notes.lost.push(command);
    }
  }

  /** The number that another writer has just begun to register, or a new one for the next who comes by. */
  #duel(): string {
    const begun = this.notes.duels.shift();
    if (begun !== undefined) return begun;
    const mobile = this.#people.mobile();
    this.notes.duels.push(mobile);
    return mobile;
  }

  async #verify(known: Known): Promise<void> {
    const request = {
      requestId: this.#requestId(),
      processing: realName,
      memberId: known.memberId,
      name: this.#people.name(),
      idNumber: this.#people.idNumber(),
    };
    await this.#send({ kind: 'verify', request });
    known.verified = true;
  }

  async #askCorrection(known: Known): Promise<void> {
    const changes = this.#random.chance(0.7)
      ? { mobile: this.#people.mobile() }
      : { name: `${this.#people.name()}·${'甲乙丙丁戊己庚辛'[this.#requests % 8] ?? '甲'}` };
    const { memberId } = known;
    const request = { requestId: this.#requestId(), processing: service, memberId, changes };
    known.openCorrection = correctionIdOf((await this.#send({ kind: 'ask-correction', request })).answer);
  }

  async #correct(known: Known, correctionId: string): Promise<void> {
    const { memberId } = known;
    const request = { requestId: this.#requestId(), processing: service, memberId, correctionId };
    await this.#send({ kind: 'correct', request });
    known.openCorrection = null;
  }

  async #send(command: Command): Promise<Acknowledged> {
    const sent: Readonly<{ answer: Answer; attempts: number }> = await this.#caller.untilAnswered(
      callOf(command),
    );
    const done = { command, ...sent };
    this.#own.push(done);
    this.notes.acknowledged.push(done);
    return done;
  }

  #requestId(): string {
    this.#requests += 1;
    return `writer-${this.number}-${this.#requests}`;
  }
}
