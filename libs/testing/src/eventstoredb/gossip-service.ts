import type { handleUnaryCall } from '@grpc/grpc-js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { EndPoint } from './double-node.js';
import { features, gossip, shared } from './stubs.js';

export type DoubleMember = Readonly<{ id: string; endPoint: EndPoint; isLeader: boolean }>;

export const gossipService =
  (members: () => readonly DoubleMember[]): handleUnaryCall<Empty, ClusterInfo> =>
  (_call, answer) => {
    const info = new gossip.ClusterInfo();
    info.setMembersList(
      members().map(({ id, endPoint, isLeader }) => {
        const instance = new shared.UUID();
        instance.setString(id);
        const address = new gossip.EndPoint();
        address.setAddress(endPoint.address);
        address.setPort(endPoint.port);
        const member = new gossip.MemberInfo();
        member.setInstanceId(instance);
        member.setTimeStamp((BigInt(Date.now()) * 10_000n).toString());
        member.setState(
          isLeader ? gossip.MemberInfo.VNodeState.LEADER : gossip.MemberInfo.VNodeState.FOLLOWER,
        );
        member.setIsAlive(true);
        member.setHttpEndPoint(address);
        return member;
      }),
    );
    answer(null, info);
  };

const STREAMS = 'event_store.client.streams.streams';
const METHODS = [
  ['read', ['position', 'events']],
  ['append', []],
  ['delete', []],
  ['tombstone', []],
  ['batchappend', ['deadline_duration']],
] as const;

/** What a server of the 24 series says that it can do, as far as the double can. */
export const featuresService = (): handleUnaryCall<Empty, SupportedMethods> => (_call, answer) => {
  const supported = new features.SupportedMethods();
  supported.setEventStoreServerVersion('24.10.0');
  supported.setMethodsList(
    METHODS.map(([name, list]) => {
      const method = new features.SupportedMethod();
      method.setServiceName(STREAMS);
      method.setMethodName(name);
      method.setFeaturesList([...list]);
      return method;
    }),
  );
  answer(null, supported);
};
