import { randomUUID } from 'node:crypto';
import type { activityV1, memberV1, queryV1 } from '@lacuna/contracts';
import { answerOf, callOptions } from '../connection/server.js';
import type { CommandResult } from '../output/output.js';
import { table } from '../output/table.js';
import { callerAs, withServer, type CommandContext } from './command-context.js';
import { assignmentsOf, assignmentsText } from './runner.js';

type Frame = Readonly<{ role: string; channel: string; notice: string; requestId?: string }>;
export type ActivityAnnounceOptions = Frame & Readonly<{ title: string; end: string }>;
export type ActivitySignUpOptions = Frame &
  Readonly<{ activity: string; member: string; set: readonly string[] }>;
export type ActivityEndOptions = Frame & Readonly<{ activity: string }>;
export type ActivityRosterOptions = Readonly<{ role: string; activity: string; purpose: string }>;

const processingOf = ({ channel, notice }: Frame): memberV1.Processing => ({
  channel,
  lawfulBasis: 'contract',
  purposes: ['activity'],
  noticeVersion: notice,
  provenance: 'subject',
});

const framed = (options: Frame) => ({
  requestId: options.requestId ?? randomUUID(),
  processing: processingOf(options),
});

/** `activity announce <title> --end instant`. */
export const activityAnnounceCommand = (
  context: CommandContext,
  options: ActivityAnnounceOptions,
): Promise<CommandResult> =>
  withServer(context, { role: options.role }, async (server) => {
    const request = { ...framed(options), title: options.title, plannedEnd: options.end };
    const answer = await answerOf<activityV1.AnnounceActivityResponse>((callback) =>
      server.activity.announceActivity(request, server.metadata, callOptions(), callback),
    );
    return { document: answer, lines: [`activity ${answer.activityId}`], exitCode: 0 };
  });

/** `activity sign-up <activity> <member>`. */
export const activitySignUpCommand = (
  context: CommandContext,
  options: ActivitySignUpOptions,
): Promise<CommandResult> => {
  const { role, member } = options;
  return withServer(context, callerAs(role, member), async (server) => {
    const request: activityV1.SignUpRequest = {
      ...framed(options),
      activityId: options.activity,
      member: { $case: 'memberId', value: member },
      details: assignmentsOf(options.set),
    };
    const answer = await answerOf<activityV1.SignUpResponse>((callback) =>
      server.activity.signUp(request, server.metadata, callOptions(), callback),
    );
    return { document: answer, lines: [`participant ${answer.participantId}`], exitCode: 0 };
  });
};

/** `activity end <activity>`: before its planned end. */
export const activityEndCommand = (
  context: CommandContext,
  options: ActivityEndOptions,
): Promise<CommandResult> =>
  withServer(context, { role: options.role }, async (server) => {
    const request = { ...framed(options), activityId: options.activity };
    const answer = await answerOf<activityV1.EndActivityResponse>((callback) =>
      server.activity.endActivity(request, server.metadata, callOptions(), callback),
    );
    return { document: answer, lines: [`ended ${answer.endedAt}`], exitCode: 0 };
  });

/** `activity list`. */
export const activityListCommand = (
  context: CommandContext,
  { role }: Readonly<{ role: string }>,
): Promise<CommandResult> =>
  withServer(context, { role }, async (server) => {
    const answer = await answerOf<queryV1.ListActivitiesResponse>((callback) =>
      server.query.listActivities({}, server.metadata, callOptions(), callback),
    );
    const rows = answer.activities.map(({ activityId, title, state, plannedEnd, endedAt, participants }) => [
      activityId,
      title,
      state,
      endedAt === '' ? plannedEnd : endedAt,
      String(participants),
    ]);
    return {
      document: answer,
      lines: table([['activity', 'title', 'state', 'end', 'participants'], ...rows]),
      exitCode: 0,
    };
  });

/** `activity roster <activity>`: who takes part, for those who organise it (R049); each read is recorded. */
export const activityRosterCommand = (
  context: CommandContext,
  { role, activity, purpose }: ActivityRosterOptions,
): Promise<CommandResult> =>
  withServer(context, { role }, async (server) => {
    const answer = await answerOf<queryV1.GetRosterResponse>((callback) =>
      server.query.getRoster({ activityId: activity, purpose }, server.metadata, callOptions(), callback),
    );
    const rows = answer.participants.map(({ participantId, name, details }) => [
      participantId,
      name,
      assignmentsText(details),
    ]);
    return {
      document: answer,
      lines: [
        ...table([['participant', 'name', 'details'], ...rows]),
        ...(answer.gone > 0 ? ['', `${answer.gone} of members who have left since`] : []),
      ],
      exitCode: 0,
    };
  });
