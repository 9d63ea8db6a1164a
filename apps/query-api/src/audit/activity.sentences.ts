import { activityCategory, type ActivityEvent } from '@lacuna/domain/activity';
import type { Sentences, Untraced } from './sentence.js';
import type { Words } from './words.js';

const signUps = ({ title }: Words): string => title('category', activityCategory);

/** An activity from its announcement to the end of its sign-ups (R042). Who took part, no sentence says. */
export const activitySentences: Sentences<
  Exclude<ActivityEvent<never>['type'], Untraced | 'ClaimAbandoned'>
> = {
  ActivityAnnounced: {
    en: ({ who, text, time }) =>
      `${who} announced the activity “${text('title')}” (${text('activityId')}), planned to end at ${time('plannedEnd')}.`,
    zh: ({ who, text, time }) =>
      `${who}发布了活动“${text('title')}”（${text('activityId')}），计划于 ${time('plannedEnd')} 结束。`,
  },
  ActivityEnded: {
    en: (words) => {
      const { who, text, time } = words;
      const ended =
        text('by') === 'clock'
          ? `Activity ${text('activityId')} came to its planned end at ${time('endedAt')}`
          : `${who} ended activity ${text('activityId')} at ${time('endedAt')}`;
      return `${ended}: the time for which ${signUps(words)} may be kept runs from then.`;
    },
    zh: (words) => {
      const { who, text, time } = words;
      const ended =
        text('by') === 'clock'
          ? `活动 ${text('activityId')} 已于 ${time('endedAt')} 按计划结束`
          : `${who}于 ${time('endedAt')} 结束了活动 ${text('activityId')}`;
      return `${ended}，${signUps(words)}的保存期限由此起算。`;
    },
  },
  SignUpsDeleted: {
    en: (words) =>
      `The keys to ${signUps(words)} of activity ${words.text('activityId')} were destroyed at ${words.time('destroyedAt')}: the time for which they may be kept had passed.`,
    zh: (words) =>
      `活动 ${words.text('activityId')} 的${signUps(words)}保存期限届满，密钥已于 ${words.time('destroyedAt')} 销毁。`,
  },
};
