import { aName, aRequest, anEvent, someEvents } from '../contract/sample-events.js';
import { checkAppend } from './append-checks.js';
import { newAppendBatch } from './append-choice.js';

const taken = (...requests: Parameters<typeof checkAppend>[0][]): boolean[] => {
  const goesIn = newAppendBatch();
  return requests.map((request) => goesIn(checkAppend(request)));
};

it('takes one request per stream and no event id twice: a batch is judged by what was there before it', () => {
  const [stream, event] = [aName(), anEvent()];
  expect(
    taken(
      aRequest(stream),
      aRequest(stream),
      aRequest(aName(), { events: [event] }),
      aRequest(aName(), { events: [anEvent(), event] }),
      aRequest(aName()),
    ),
  ).toEqual([true, false, true, false, true]);
});

it('keeps a commit short, and takes a large request alone', () => {
  expect(taken(aRequest(aName(), { events: someEvents(10_000) }), aRequest(aName()))).toEqual([true, false]);
  expect(taken(aRequest(aName()), aRequest(aName(), { events: someEvents(2_000) }))).toEqual([true, false]);
  expect(taken(...Array.from({ length: 513 }, () => aRequest(aName()))).filter(Boolean)).toHaveLength(512);
  const bulky = (): ReturnType<typeof aRequest> =>
    aRequest(aName(), { events: Array.from({ length: 70 }, () => anEvent({ text: 'x'.repeat(60_000) })) });
  expect(taken(bulky(), bulky(), aRequest(aName()))).toEqual([true, false, true]);
});
