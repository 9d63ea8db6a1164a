import type { Metrics } from './metrics.js';
import { codeOf, inSpan } from './tracing.js';
import { APART_COMMANDS } from './vocabulary.js';

/** What we need of a CommandBus or QueryBus: messages are told apart by the name of their class. */
type Bus = { execute: (...message: never[]) => Promise<unknown> };

type Measure = Readonly<{
  count: (name: string, code: string) => void;
  observe: (name: string, seconds: number) => void;
}>;

const nameOf = (message: unknown): string =>
  typeof message === 'object' && message !== null ? message.constructor.name : '';

const measured = async <T>(name: string, { count, observe }: Measure, work: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  try {
    const answer = await work();
    count(name, 'OK');
    return answer;
  } catch (error) {
    count(name, codeOf(error));
    throw error;
  } finally {
    observe(name, (performance.now() - began) / 1_000);
  }
};

const wrap = (bus: Bus, around: (name: string, work: () => Promise<unknown>) => Promise<unknown>): void => {
  const execute = bus.execute.bind(bus) as (...message: unknown[]) => Promise<unknown>;
  bus.execute = (...message: unknown[]) => around(nameOf(message[0]), () => execute(...message));
};

/** Counts, times and traces every command of a bus from now on. */
export const observeCommands = (bus: Bus, metrics: Metrics): void => {
  const measure: Measure = {
    count: (command, code) => metrics.count('lacuna_commands_total', 1, { command, code }),
    observe: (command, seconds) => metrics.observe('lacuna_command_duration_seconds', seconds, { command }),
  };
  wrap(bus, (command, work) =>
    inSpan(
      'command',
      { attributes: { 'lacuna.command': command }, apart: APART_COMMANDS.includes(command) },
      () => measured(command, measure, work),
    ),
  );
};

/** As `observeCommands`, for queries. */
export const observeQueries = (bus: Bus, metrics: Metrics): void => {
  const measure: Measure = {
    count: (query, code) => metrics.count('lacuna_queries_total', 1, { query, code }),
    observe: (query, seconds) => metrics.observe('lacuna_query_duration_seconds', seconds, { query }),
  };
  wrap(bus, (query, work) =>
    inSpan('query', { attributes: { 'lacuna.query': query } }, () => measured(query, measure, work)),
  );
};
