import { randomUUID } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import type { memberV1 } from '@lacuna/contracts';
import { demoIssuerOptions, openDemoIssuer } from '@lacuna/runtime';
import { processing } from '../../transport/read-world.js';

/** A token of the demo issuer of a home, as calls carry it. */
export const bearerOf = async (home: string): Promise<Metadata> => {
  const issuer = await openDemoIssuer(demoIssuerOptions(home, ['127.0.0.1']));
  const { token } = await issuer.issue({ tenant: 'car-club', role: 'integrator' });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
};

let people = 0;

/** Somebody who was not there before. */
export const registration = (): memberV1.RegisterMemberRequest => {
  people += 1;
  const info = { name: '顾怀瑾', mobile: `136${String(people).padStart(8, '0')}` };
  return { requestId: randomUUID(), processing, info };
};
