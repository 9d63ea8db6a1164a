import * as fc from 'fast-check';
import {
  applyCorrection,
  asStored,
  at,
  completeErasure,
  finaliseErasure,
  id,
  markCorrectionOverdue,
  registerMember,
  requestCorrection,
  requestErasure,
  startErasure,
} from '@lacuna/testing';
import type { Sealed } from '../kernel/index.js';
import { memberDecider, type Member, type MemberCommand, type MemberEvent } from './index.js';

const moments = ['1998-07-01T09:00+08:00', '1998-07-02T09:00+08:00', '1998-07-03T09:00+08:00'];
const someId = fc.integer({ min: 2, max: 4 }).map(id);

const bare: fc.Arbitrary<MemberCommand> = fc.oneof(
  fc.constant(registerMember()),
  someId.map((correctionId) => requestCorrection({ correctionId })),
  someId.map((correctionId) => applyCorrection({ correctionId })),
  someId.map((correctionId) => markCorrectionOverdue({ correctionId })),
  someId.map((erasureId) => requestErasure({ erasureId })),
  someId.map((erasureId) => startErasure({ erasureId })),
  someId.map((erasureId) => completeErasure({ erasureId })),
  someId.map((erasureId) => finaliseErasure({ erasureId })),
);
const command = fc
  .tuple(bare, fc.constantFrom(...moments))
  .map(([inner, moment]): MemberCommand => at(moment, inner));

type Step = Readonly<{ before: Member; after: Member; events: readonly MemberEvent<string>[] }>;

/** Plays commands as they come: a registered member first, so that most of them have something to do. */
const play = (commands: readonly MemberCommand[]): readonly Step[] => {
  let member = memberDecider.initialState;
  return [registerMember(), ...commands].map((next) => {
    const before = member;
    const decision = memberDecider.decide(next, before);
    const events = decision.kind === 'accepted' ? decision.events : [];
    member = events.reduce(
      (folded, event) => memberDecider.evolve(folded, asStored(event) as MemberEvent<Sealed>),
      before,
    );
    return { before, after: member, events };
  });
};

const histories = fc.array(command, { maxLength: 60 });
const eventsOf = (steps: readonly Step[]) => steps.flatMap(({ events }) => events);

it('decides and folds any history without throwing, and what it decides fits the contract of the log', () =>
  fc.assert(fc.property(histories, (commands) => void play(commands))));

it('R077 erased is the end: nothing but its own completion comes after', () =>
  fc.assert(
    fc.property(histories, (commands) => {
      const after = play(commands).filter(({ before }) => before.status === 'erased');
      expect(after.every((step) => step.after.status === 'erased')).toBe(true);
      expect(eventsOf(after).every(({ type }) => type === 'ErasureFinal')).toBe(true);
      expect(eventsOf(after).length).toBeLessThanOrEqual(1);
    }),
  ));

it('R072 a correction is overdue at most once, and applied at most once', () =>
  fc.assert(
    fc.property(histories, (commands) => {
      const once = eventsOf(play(commands)).flatMap((event) =>
        event.type === 'CorrectionOverdue' || event.type === 'InfoCorrected'
          ? [`${event.type} ${event.data.correctionId}`]
          : [],
      );
      expect(new Set(once).size).toBe(once.length);
    }),
  ));

it('E02 the steps of an erasure stand in the log in their order, each once', () =>
  fc.assert(
    fc.property(histories, (commands) => {
      const order = ['ErasureRequested', 'ErasureStarted', 'MemberErased', 'ErasureFinal'];
      const steps = eventsOf(play(commands))
        .map(({ type }) => type as string)
        .filter((type) => order.includes(type));
      expect(steps).toEqual(order.slice(0, steps.length));
    }),
  ));

it('the same command again, right after itself, writes nothing more', () =>
  fc.assert(
    fc.property(histories, command, (commands, last) => {
      const steps = play([...commands, last, last]);
      expect(steps.at(-1)?.events).toEqual([]);
    }),
  ));
