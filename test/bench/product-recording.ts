import { behaviourV1, readRpcStatus, type memberV1 } from '@lacuna/contracts';
import { loadConfig } from '@lacuna/runtime';
import { connect } from '../../apps/admin-cli/src/connection/server.js';
import { AnswerStream } from '../../apps/admin-cli/src/import/answer-stream.js';
import { root } from '../e2e/product.js';
import { milliseconds } from './measure.js';

/** A purchase as a line of the demo file has it: customer, day, units, amount. */
export type Line = readonly [customer: string, day: string, units: string, amount: string];

const processing: memberV1.Processing = {
  channel: 'registration',
  lawfulBasis: 'contract',
  purposes: ['improvement'],
  noticeVersion: '1',
  provenance: 'subject',
};

type Answer = behaviourV1.RecordBehavioursResponse;

const assertRecorded = ({ result }: Answer): void => {
  if (result?.$case === 'error') throw new Error(readRpcStatus(result.value).reason ?? 'refused');
};

/** Records purchases through the running product's streaming call, as any client does; how many a second. */
export const recordOverGrpc = async (home: string, lines: readonly Line[], name: string): Promise<number> => {
  const server = await connect(loadConfig({ LACUNA_HOME: home }, root), {
    tenant: 'car-club',
    role: 'integrator',
  });
  const stream = new AnswerStream(server.behaviour.recordBehaviours(server.metadata));
  const record = async ([customer, occurred, units, amount]: Line, index: number): Promise<void> => {
    const request = {
      requestId: `${name}-${String(index)}`,
      processing,
      behaviour: {
        member: { $case: 'customerNumber', value: customer } as const,
        kind: 'purchase',
        occurred,
        details: { units, amount },
      },
    };
    assertRecorded(await stream.send({ request }));
  };
  try {
    const spent = await milliseconds(() => Promise.all(lines.map(record)));
    return (lines.length * 1e3) / spent;
  } finally {
    stream.end();
    server.close();
  }
};
