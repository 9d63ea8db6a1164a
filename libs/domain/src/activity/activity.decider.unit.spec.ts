import {
  activityAnnounced,
  activityEnded,
  announceActivity,
  at,
  deciderSpec,
  deleteSignUps,
  endActivity,
  id,
  instantOf,
  participantSignedUp,
  signUp,
  signUpsDeleted,
  tagOf,
} from '@lacuna/testing';
import type { Command } from '../kernel/index.js';
import { activityDecider, takesPart, type Activity } from './index.js';

const { given } = deciderSpec(activityDecider);

/** The same command by somebody else. */
const by = <C extends Command>(actor: string, command: C): C => ({
  ...command,
  context: { ...command.context, actor: { id: actor, role: 'activity-dept' } },
});

/** As the log has it: without details nothing of it is sealed. */
const signedUp = { activityId: id(6), participantId: id(7), tag: tagOf(1) };

const LAST_MOMENT = '1998-08-30T17:59:59.999+08:00';
const END = '1998-08-30T18:00+08:00';

describe('R049 announcing', () => {
  it('makes whoever announces it the organiser, and says it once', () => {
    given().when(announceActivity()).then(activityAnnounced()).andAgain().thenNothing();
  });

  it('refuses another activity under the same request', () => {
    for (const change of [{ title: '冬季自驾' }, { plannedEnd: instantOf('1998-09-30T18:00+08:00') }])
      given(activityAnnounced()).when(announceActivity(change)).thenRefused('REQUEST_ID_REUSED');
  });

  it('refuses an end that has come', () => {
    given().when(at(END, announceActivity())).thenRefused('ACTIVITY_END_IN_PAST');
    given().when(at(LAST_MOMENT, announceActivity())).then(activityAnnounced());
  });

  it.each([
    ['', 'required'],
    ['a\nb', 'text'],
    ['长'.repeat(201), 'too-long'],
  ])('refuses a title that is none (%j)', (title, rule) => {
    given().when(announceActivity({ title })).thenRefused('FIELD_INVALID', { field: 'title', rule });
  });
});

describe('R042 signing up', () => {
  it('records a participant whom the event does not name, with what they said', () => {
    given(activityAnnounced()).when(signUp()).then(participantSignedUp());
    const details = '{"companions":"2"}';
    given(activityAnnounced()).when(signUp({ details })).then(participantSignedUp({ details }));
    expect(Object.keys(participantSignedUp({ details }).data).sort()).toEqual([
      ...['activityId', 'details', 'participantId', 'tag'],
    ]);
  });

  it('the same person once, also under another participant id', () => {
    given(activityAnnounced(), participantSignedUp())
      .when(signUp({ participantId: id(8) }))
      .thenRefused('ALREADY_SIGNED_UP');
    given(activityAnnounced(), participantSignedUp())
      .when(signUp({ participantId: id(8), tag: tagOf(2) }))
      .then(participantSignedUp({ participantId: id(8), tag: tagOf(2) }));
  });

  it('not after its end, which goes by date and not by whether the clock came round', () => {
    given(activityAnnounced()).when(at(LAST_MOMENT, signUp())).then(participantSignedUp());
    given(activityAnnounced()).when(at(END, signUp())).thenRefused('ACTIVITY_ENDED');
    given(activityAnnounced(), activityEnded({ by: 'request' }))
      .when(signUp())
      .thenRefused('ACTIVITY_ENDED');
  });

  it('R013 not without saying how it was collected', () => {
    const command = signUp();
    const processing = { ...command.context.processing, channel: '' };
    given(activityAnnounced())
      .when({ ...command, context: { ...command.context, processing } })
      .thenRefused('FIELD_INVALID', { field: 'processing.channel', rule: 'required' });
  });

  it('not to what nobody announced', () => {
    given().when(signUp()).thenRefused('ACTIVITY_NOT_FOUND');
  });
});

describe('R042 ending', () => {
  it('by the clock, at the moment that was planned, however late the clock comes', () => {
    const clock = endActivity({ by: 'clock' });
    given(activityAnnounced()).when(at(LAST_MOMENT, clock)).thenRefused('ACTIVITY_NOT_DUE');
    given(activityAnnounced()).when(at(END, clock)).then(activityEnded()).andAgain().thenNothing();
    given(activityAnnounced()).when(at('1998-09-15T12:00+08:00', clock)).then(activityEnded());
  });

  it('R049 by its own organiser before, and by nobody else', () => {
    const early = at('1998-08-01T12:00+08:00', endActivity());
    const ended = activityEnded({ endedAt: instantOf('1998-08-01T12:00+08:00'), by: 'request' });
    given(activityAnnounced()).when(early).then(ended).andAgain().thenNothing();
    given(activityAnnounced()).when(by('agent-2', early)).thenRefused('ACTIVITY_NOT_OWN');
    given(activityAnnounced(), ended).when(by('agent-2', early)).thenRefused('ACTIVITY_NOT_OWN');
  });

  it('a request that comes after the planned end ends it when it was planned', () => {
    given(activityAnnounced()).when(at('1998-09-15T12:00+08:00', endActivity())).then(activityEnded());
  });

  it('not what nobody announced', () => {
    given().when(endActivity()).thenRefused('ACTIVITY_NOT_FOUND');
  });
});

describe('R042 three months after the end', () => {
  const history = [activityAnnounced(), participantSignedUp(), activityEnded()];

  it('the sign-ups go, at the midnight that ends the period and not before, once', () => {
    const before = instantOf('1998-11-30T23:59:59.999+08:00');
    given(...history)
      .when(deleteSignUps({ destroyedAt: before }))
      .thenRefused('SIGN_UPS_KEPT');
    given(...history)
      .when(deleteSignUps())
      .then(signUpsDeleted())
      .andAgain()
      .thenNothing();
  });

  it('an open activity has no end of its sign-ups', () => {
    given(activityAnnounced(), participantSignedUp()).when(deleteSignUps()).thenRefused('SIGN_UPS_KEPT');
    given().when(deleteSignUps()).thenRefused('ACTIVITY_NOT_FOUND');
  });

  it('and with them goes who took part, from what is folded too', () => {
    const tagsAfter = (...events: readonly Parameters<typeof activityDecider.evolve>[1][]): unknown => {
      const activity = events.reduce<Activity>(activityDecider.evolve, activityDecider.initialState);
      return activity.status === 'absent' ? null : takesPart(activity.tags, tagOf(1));
    };
    const stored = [activityAnnounced(), { type: 'ParticipantSignedUp', data: signedUp }] as const;
    expect(tagsAfter(...stored)).toBe(true);
    expect(tagsAfter(...stored, activityEnded(), signUpsDeleted())).toBe(false);
  });
});

it('an event of an activity that was never announced changes nothing', () => {
  expect(activityDecider.evolve(activityDecider.initialState, activityEnded())).toEqual({ status: 'absent' });
});

it('folds a long roster in the time of its length', () => {
  let activity = activityDecider.evolve(activityDecider.initialState, activityAnnounced());
  const began = performance.now();
  for (let n = 0; n < 100_000; n++)
    activity = activityDecider.evolve(activity, {
      type: 'ParticipantSignedUp',
      data: { ...signedUp, tag: tagOf(n) },
    });
  expect(performance.now() - began).toBeLessThan(2_000);
  if (activity.status === 'absent') throw new Error('it was announced');
  expect(takesPart(activity.tags, tagOf(0))).toBe(true);
  expect(takesPart(activity.tags, tagOf(100_000))).toBe(false);
});
