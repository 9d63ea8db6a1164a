import type { queryV1 } from '@lacuna/contracts';
import type { Call, Caller, Services } from './calls.js';
import { correctionIdOf, memberIdOf, type Acknowledged } from './commands.js';
import { until } from './waiting.js';
import type { Notes } from './writers.js';

export type By = queryV1.GetMemberRequest['by'];

/** What customer service sees of a member for the purpose of service. */
export const getMember =
  (by: NonNullable<By>): Call<queryV1.GetMemberResponse> =>
  ({ query, as }, options, callback) => {
    const request = { by, purpose: 'service', fields: [], asOf: '', minPosition: '' };
    return query.getMember(request, as('customer-service'), options, callback);
  };

/** The telephone number that a command asks for: of a registration, of a correction that is not applied yet. */
export const mobileIn = ({ command }: Acknowledged): string | undefined => {
  if (command.kind === 'register') return command.request.info?.mobile;
  return command.kind === 'ask-correction' ? command.request.changes?.mobile : undefined;
};

/** Which telephone number each member has by what was acknowledged. */
export const mobilesOf = (notes: Notes): ReadonlyMap<string, string> => {
  const mobiles = new Map<string, string>();
  const asked = new Map<string, string>();
  for (const one of notes.acknowledged) {
    const { command, answer } = one;
    const mobile =
      command.kind === 'correct' ? asked.get(command.request.correctionId) : (mobileIn(one) ?? '');
    if (mobile === undefined || mobile === '') continue;
    if (command.kind === 'register') mobiles.set(memberIdOf(one), mobile);
    if (command.kind === 'ask-correction') asked.set(correctionIdOf(answer), mobile);
    if (command.kind === 'correct') mobiles.set(command.request.memberId, mobile);
  }
  return mobiles;
};

const walk = ({ admin, as }: Services, by: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const stops = admin.advanceClock({ by }, as('operator'));
    stops.on('data', () => undefined);
    stops.on('end', resolve);
    stops.on('error', reject);
  });

/** Walks the simulated clock; what falls due on the way has happened when it resolves. */
export const advanceClock = async (caller: Caller, by: string): Promise<void> => {
  await walk(await caller.services(), by);
};

const status: Call<queryV1.GetStatusResponse> = ({ query, as }, options, callback) =>
  query.getStatus({}, as('operator'), options, callback);

/** Resolves when every view has passed what is in the log now. */
export const viewsCaughtUp = async (caller: Caller): Promise<void> => {
  const { head } = (await caller.untilAnswered(status)).answer;
  await until('the views have passed the head', async () => {
    const { views } = (await caller.untilAnswered(status)).answer;
    return views.every(({ position }) => BigInt(position) >= BigInt(head));
  });
};
