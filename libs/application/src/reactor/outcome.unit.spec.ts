import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { currentTrace, inSpan, startTracing } from '@lacuna/runtime';
import { Outcome } from './outcome.js';

it('traces what is done, each by itself, and nothing that is only looked at in every settling', async () => {
  const stop = startTracing({
    vocabulary: { app: 'reactor', version: '1', codes: [] },
    to: new InMemorySpanExporter(),
  });
  const outcome = new Outcome(() => undefined);
  const seen: (string | null)[] = [];
  const look = (): Promise<void> => {
    seen.push(currentTrace());
    return Promise.resolve();
  };
  await outcome.try('statistics', look);
  expect(seen.splice(0)).toEqual([null]);
  await inSpan('command', {}, async () => {
    seen.push(currentTrace());
    await outcome.tryTraced('nightly-run', look);
    await outcome.tryEach('retention', [1, 2], look);
  });
  await stop();
  const traces = seen.map((one) => one?.split('-')[1]);
  expect(traces.every((one) => one?.length === 32)).toBe(true);
  expect(new Set(traces).size).toBe(4);
  expect(outcome.failures).toEqual([]);
});
