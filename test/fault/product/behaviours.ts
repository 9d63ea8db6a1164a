import type { behaviourV1, queryV1 } from '@lacuna/contracts';
import type { Call, Caller } from './calls.js';
import { advanceClock } from './members.js';
import { service } from './people.js';
import type { Random } from './random.js';

/** A behaviour as a client keeps it to send it again. */
export type Recording = behaviourV1.RecordBehaviourRequest;

export const recordCall =
  (request: Recording): Call<behaviourV1.RecordBehaviourResponse> =>
  ({ behaviour, as }, options, callback) =>
    behaviour.recordBehaviour(request, as('integrator'), options, callback);

const KINDS = ['purchase', 'service-need'] as const;

/** Something that one of these members did on one of these days. */
export const somethingDone = (
  requestId: string,
  random: Random,
  members: readonly string[],
  days: readonly string[],
): Recording => {
  const kind = random.pick(KINDS);
  const details: Record<string, string> =
    kind === 'purchase' ? { units: '2', amount: '3.50' } : { text: 'tyres' };
  return {
    requestId,
    processing: service,
    behaviour: {
      member: { $case: 'memberId', value: random.pick(members) },
      kind,
      occurred: random.pick(days),
      details,
    },
  };
};

const statistics: Call<queryV1.GetStatisticsResponse> = ({ query, as }, options, callback) =>
  query.getStatistics({ by: 'kind', from: '', to: '', kind: '' }, as('management'), options, callback);

export const statisticsNow = async (caller: Caller): Promise<queryV1.GetStatisticsResponse> =>
  (await caller.untilAnswered(statistics)).answer;

const status: Call<queryV1.GetStatusResponse> = ({ query, as }, options, callback) =>
  query.getStatus({}, as('operator'), options, callback);

export const statusNow = async (caller: Caller): Promise<queryV1.GetStatusResponse> =>
  (await caller.untilAnswered(status)).answer;

const hoursBetween = (from: string, to: string): number =>
  Math.ceil((Date.parse(to) - Date.parse(from)) / 3_600_000);

/** Walks the clock to an instant, however often the product dies on the way. `cut`: a life ended under the walk. */
export const walkTo = async (caller: Caller, target: string, cut: () => void): Promise<void> => {
  for (;;) {
    const { clockNow } = await statusNow(caller);
    const hours = hoursBetween(clockNow, target);
    if (hours <= 0) return;
    await advanceClock(caller, `PT${hours}H`).catch(cut);
  }
};
