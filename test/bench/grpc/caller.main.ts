import { credentials, Metadata } from '@grpc/grpc-js';
import { memberV1 } from '@lacuna/contracts';
import { throughput } from '../measure.js';
import { openPeople, registerMessage, type People } from '../people.js';
import type { CallOrder, CallReport } from './caller.js';

let orders = 0;

const register = async ({ url, token, count, width }: CallOrder, people: People): Promise<number> => {
  const client = new memberV1.MemberServiceClient(url, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const sender = `caller-${process.argv[2] ?? ''}-${String(++orders)}`;
  const messages = Array.from({ length: count }, (_, index) => registerMessage(sender, index, people.next()));
  const call = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const message = messages[index];
      if (message === undefined) throw new RangeError('no such message');
      client.registerMember(message, metadata, (error) => (error ? reject(error) : resolve()));
    });
  try {
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve()));
    });
    return await throughput({ count, width }, call);
  } finally {
    client.close();
  }
};

const people = await openPeople(Number(process.argv[2]));

process.on('message', (order: CallOrder) => {
  const answer = (report: CallReport): void => {
    process.send?.(report);
  };
  register(order, people).then(
    (perSecond) => answer({ perSecond }),
    (error: unknown) => answer({ failure: error instanceof Error ? error.message : 'the caller failed' }),
  );
});
