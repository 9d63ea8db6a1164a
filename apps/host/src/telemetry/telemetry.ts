import { errorTable, isOk, operatorCodes, plainStatuses, readStatus, statusName } from '@lacuna/contracts';
import {
  Metrics,
  observeProcess,
  startTracing,
  type AppName,
  type CallObservation,
  type Config,
  type Shutdown,
  type Vocabulary,
} from '@lacuna/runtime';
import { version } from '../version.js';

/** Every word that this process's traces and figures may say beside the lists of the runtime. */
export const vocabularyOf = (app: AppName): Vocabulary => ({
  app,
  version,
  codes: [...new Set([...Object.keys(errorTable), ...operatorCodes, ...plainStatuses])],
});

/** The stable code of an answer, or the plain status where grpc-js gave it. */
export const codeOfStatus: CallObservation['codeOf'] = ({ code, details, metadata }) => {
  if (isOk(code) || !metadata) return statusName(code);
  return readStatus({ code, details, metadata }).reason ?? statusName(code);
};

const TRACES = '/v1/traces';

/** A collector's address, or the place in it that takes traces. */
export const tracesUrl = (given: string): string => {
  const url = new URL(given);
  if (url.pathname === '/') url.pathname = TRACES;
  return url.href;
};

/** The figures of this process; and its traces, where a collector is named. */
export const openTelemetry = (
  app: AppName,
  { otlpUrl }: Pick<Config, 'otlpUrl'>,
  shutdown: Shutdown,
): Metrics => {
  const vocabulary = vocabularyOf(app);
  const metrics = new Metrics(vocabulary);
  shutdown.add({ name: 'process figures', stop: observeProcess(metrics) });
  if (otlpUrl !== null)
    shutdown.add({ name: 'traces', stop: startTracing({ vocabulary, to: tracesUrl(otlpUrl) }) });
  return metrics;
};
