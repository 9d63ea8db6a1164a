import { ServerCredentials, type Server, type ServerInterceptor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { Transport, type GrpcOptions } from '@nestjs/microservices';
import { HealthImplementation } from 'grpc-health-check';
import { limitCalls } from './limit-calls.js';
import { limitConnections } from './limit-connections.js';
import { limits } from './limits.js';
import { logFailure } from './grpc-error.filter.js';
import { protoFiles, protoRoot } from './proto-files.js';
import { packageDefinition, services, type ProtoPackage } from './services.js';

export type GrpcServerInput = Readonly<{
  /** `127.0.0.1:50051`. */
  url: string;
  packages: readonly ProtoPackage[];
  health: ServingHealth;
  /** Run before anything of a message is read, in this order; authentication is one. */
  interceptors: readonly ServerInterceptor[];
  /** PEM, both. With it: TLS and nothing else (R031). */
  certificate?: Readonly<{ cert: Buffer; key: Buffer }> | null;
  maxCalls?: number;
  maxConnections?: number;
}>;

/** grpc.health.v1 for the packages served: not serving until told so, and again when shutting down. */
export class ServingHealth {
  private readonly names: readonly string[];
  private readonly implementation: HealthImplementation;

  constructor(packages: readonly ProtoPackage[]) {
    this.names = ['', ...packages.map((name) => `${name}.${services[name].name}`)];
    this.implementation = new HealthImplementation();
    this.serving(false);
  }

  serving(yes: boolean): void {
    for (const name of this.names) this.implementation.setStatus(name, yes ? 'SERVING' : 'NOT_SERVING');
  }

  addToServer(server: Server): void {
    this.implementation.addToServer(server);
  }
}

const addReflection = (server: Server, packages: readonly ProtoPackage[]): void => {
  const names = packages.map((name) => `${name}.${services[name].name}`);
  const definition = loadSync([...protoFiles], { includeDirs: [protoRoot] });
  new ReflectionService(definition, { services: names }).addToServer(server);
};

/**
 * Lets calls end, for so long: Nest waits for grpc-js's graceful shutdown without limit, and one client that keeps a
 * stream open would keep the process from ever ending. What is cut off then is answered by a retry.
 */
const limitShutdown = (server: Server, limitMs: number): void => {
  const tryShutdown = server.tryShutdown.bind(server);
  server.tryShutdown = (done) => {
    const force = setTimeout(() => server.forceShutdown(), limitMs);
    tryShutdown((error) => {
      clearTimeout(force);
      done(error);
    });
  };
};

const credentialsOf = ({ certificate }: GrpcServerInput): Readonly<{ credentials?: ServerCredentials }> =>
  certificate
    ? {
        credentials: ServerCredentials.createSsl(null, [
          { cert_chain: certificate.cert, private_key: certificate.key },
        ]),
      }
    : {};

/** How each of our gRPC servers is set up: our packages, health v1, reflection, limits, a shutdown that lets calls end. */
export const grpcServerOptions = (input: GrpcServerInput): GrpcOptions => {
  const channelOptions = {
    'grpc.max_concurrent_streams': limits.maxConcurrentCalls,
    'grpc.max_connection_age_ms': limits.maxConnectionAgeMs,
    'grpc.max_connection_age_grace_ms': limits.maxConnectionGraceMs,
    'grpc.max_connection_idle_ms': limits.maxConnectionIdleMs,
    'grpc.keepalive_time_ms': limits.pingMs,
    'grpc.keepalive_timeout_ms': limits.pingAnswerMs,
    // Nest hands its channel options to grpc-js's Server as they are, and that is where interceptors go.
    interceptors: [limitCalls(input.maxCalls ?? limits.maxCalls, logFailure), ...input.interceptors],
  };
  return {
    transport: Transport.GRPC,
    options: {
      url: input.url,
      ...credentialsOf(input),
      package: [...input.packages],
      packageDefinition: packageDefinition(input.packages),
      maxReceiveMessageLength: limits.maxMessageBytes,
      maxSendMessageLength: limits.maxMessageBytes,
      maxMetadataSize: limits.maxMetadataBytes,
      gracefulShutdown: true,
      channelOptions,
      onLoadPackageDefinition: (_definition: unknown, server: Server) => {
        input.health.addToServer(server);
        addReflection(server, input.packages);
        limitShutdown(server, limits.shutdownMs);
        limitConnections(server, input.maxConnections ?? limits.maxConnections);
      },
    },
  };
};
