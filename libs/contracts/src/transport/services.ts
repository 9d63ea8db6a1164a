import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { ActivityServiceService } from '../generated/lacuna/activity/v1/activity_service.js';
import { AdminServiceService } from '../generated/lacuna/admin/v1/admin_service.js';
import { BehaviourServiceService } from '../generated/lacuna/behaviour/v1/behaviour_service.js';
import { IntegrationServiceService } from '../generated/lacuna/integration/v1/integration_service.js';
import { MemberServiceService } from '../generated/lacuna/member/v1/member_service.js';
import { QueryServiceService } from '../generated/lacuna/query/v1/query_service.js';

/** Every service of ours, by the proto package that holds it. */
export const services = {
  'lacuna.activity.v1': { name: 'ActivityService', definition: ActivityServiceService },
  'lacuna.admin.v1': { name: 'AdminService', definition: AdminServiceService },
  'lacuna.behaviour.v1': { name: 'BehaviourService', definition: BehaviourServiceService },
  'lacuna.integration.v1': { name: 'IntegrationService', definition: IntegrationServiceService },
  'lacuna.member.v1': { name: 'MemberService', definition: MemberServiceService },
  'lacuna.query.v1': { name: 'QueryService', definition: QueryServiceService },
} as const;

export type ProtoPackage = keyof typeof services;

export const protoPackages = Object.keys(services) as readonly ProtoPackage[];

/**
 * Stands in for a message whose bytes are no message of its type. grpc-js would answer INTERNAL, as if it were our
 * fault; the call interceptor answers REQUEST_MALFORMED.
 */
export const malformed: unique symbol = Symbol('malformed message');

type AnyMethod = MethodDefinition<unknown, unknown>;

/**
 * The key of a map's entry, as it is on the wire (a first field that says just this looks the same, and means nothing
 * either). The generated code assigns entries to an object, where this one would vanish without a word: what nobody
 * asks for is refused, not dropped.
 */
const PROTO_KEY = Buffer.from('\n\t__proto__');

const withSafeDecoding = (method: AnyMethod, originalName: string): AnyMethod => ({
  ...method,
  originalName,
  requestDeserialize: (bytes) => {
    if (bytes.includes(PROTO_KEY)) return malformed;
    try {
      return method.requestDeserialize(bytes);
    } catch {
      return malformed;
    }
  },
});

const rpcName = (method: AnyMethod): string => method.path.slice(method.path.lastIndexOf('/') + 1);

const byRpcName = (definition: ServiceDefinition): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      rpcName(method as AnyMethod),
      withSafeDecoding(method as AnyMethod, name),
    ]),
  );

/** The generated services as a gRPC package definition, methods by their proto names. */
export const packageDefinition = (packages: readonly ProtoPackage[]): Record<string, ServiceDefinition> =>
  Object.fromEntries(
    packages.map((name) => [`${name}.${services[name].name}`, byRpcName(services[name].definition)]),
  );
