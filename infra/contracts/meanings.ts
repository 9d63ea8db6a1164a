/** What each context and each type says, for whoever reads the document. A test demands one for all that is published. */
export const contextMeanings: Readonly<Record<string, string>> = {
  member:
    'What happened to a member, by id. Whatever is personal is asked of the query API under a purpose. A record without a value means: forget everything of this key.',
  activity: 'The life of an activity. Who takes part, and its title, are asked of the query API.',
  behaviour:
    'That there is a behaviour of a day. Nothing says whose, of what kind, or when in the day, and no two records are tied to each other.',
  statistics: 'The figures of each night, none of fewer than k people.',
  retention: 'Evidence that what was due has ended.',
};

export const typeMeanings: Readonly<Record<string, string>> = {
  MemberRegistered: 'A member was registered.',
  CorrectionRequested: 'A correction of the named fields was asked for.',
  InfoCorrected: 'A correction was made: what was read before may be out of date.',
  CorrectionOverdue: 'A correction was not made in time.',
  ErasureRequested:
    'Reading has stopped; the named categories are about to be erased. Stop using what you hold.',
  ErasureStarted: 'What is to go and what is to stay has been decided.',
  MemberErased: 'The keys are destroyed. Forget everything of this key.',
  ErasureFinal: 'What was destroyed can be recovered by nobody any more. Forget everything of this key.',
  ActivityAnnounced: 'An activity was announced.',
  ActivityEnded: 'An activity has ended, by the clock or by request.',
  SignUpsDeleted: 'Who took part in an activity is gone.',
  BehaviourRecorded: 'A behaviour of this day was recorded or corrected.',
  BehaviourCounted: 'What one night adds to the statistics: one cell that covers at least k people.',
  NightCounted: 'The cells of a night are complete.',
  BehaviourDayAnonymised: 'All behaviour of a day is unlinkable.',
  ReadRecordEnded: 'The record of who was read in a month has ended.',
  RetentionSwept: 'The retention of a day was seen to, whether anything was due or not.',
};
